import type { CatalogImage } from '#catalog';
import { mayOn, type Actor, type ImageOperation } from '#domain';
import { Fault, imageNotFound } from '../http/fault.js';

/** @throws Fault 404 when the caller may not see the image, 403 when he sees it but may not do this */
export function assertMayOn(
  operation: ImageOperation,
  actor: Actor,
  id: string,
  image: CatalogImage | undefined,
): asserts image is CatalogImage {
  if (!image) throw imageNotFound(id);
  const members = image.invited && actor.projectId !== null ? { [actor.projectId]: invitation } : {};
  const known = { owner: image.owner, visibility: image.visibility, members };
  if (mayOn(operation, actor, known)) return;
  if (!mayOn('show', actor, known)) throw imageNotFound(id);
  throw new Fault(403, `You are not authorized to ${operation} image ${id}.`);
}

/** Standing asks only whether there is one. */
const invitation = { status: 'pending', createdAt: new Date(0), updatedAt: new Date(0) } as const;
