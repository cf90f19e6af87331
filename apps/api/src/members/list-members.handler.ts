import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog, type CatalogImage } from '#catalog';
import type { Actor } from '#domain';
import { Fault } from '../http/fault.js';
import { assertMayOn } from '../images/visible-image.js';
import { memberView, type MemberView } from './member-view.js';

/** The members of one image that the caller may know of, or the one asked for (then there is one, or a 404). */
export class ListMembers extends Query<MemberView[]> {
  constructor(
    readonly imageId: string,
    readonly actor: Actor,
    readonly member?: string,
  ) {
    super();
  }
}

@QueryHandler(ListMembers)
export class ListMembersHandler implements IQueryHandler<ListMembers> {
  constructor(@Inject(ImageCatalog) private readonly catalog: ImageCatalog) {}

  async execute(query: ListMembers): Promise<MemberView[]> {
    try {
      return await this.visible(query);
    } catch (error) {
      const { member, imageId } = query;
      // Who may not know a member is told that it is none, as Glance tells him.
      if (member !== undefined && error instanceof Fault && error.status === 403) throw noMember(member, imageId);
      throw error;
    }
  }

  private async visible({ imageId, actor, member }: ListMembers): Promise<MemberView[]> {
    const image = await this.catalog.find(imageId, actor.projectId);
    assertMayOn('list members of', actor, imageId, image);
    if (image.visibility !== 'shared') {
      throw new Fault(403, `Only shared images have members; image ${imageId} is ${image.visibility}.`);
    }
    const known = onlyOwnRow(actor, image);
    // PostgreSQL text cannot hold NUL, so there is nothing to look for.
    const rows = member?.includes('\0') ? [] : await this.catalog.members(imageId, member ?? known);
    const visible = rows.filter((row) => known === undefined || row.member === known);
    if (member !== undefined && visible.length === 0) throw noMember(member, imageId);
    return visible.map((row) => memberView(imageId, row.member, row));
  }
}

const noMember = (member: string, imageId: string) =>
  new Fault(404, `Project ${member} is no member of image ${imageId}.`);

/** An invited project knows of its own invitation only. */
function onlyOwnRow(actor: Actor, image: CatalogImage): string | undefined {
  if (actor.roles.includes('admin') || image.owner === actor.projectId) return undefined;
  return actor.projectId ?? undefined;
}
