import { DomainError } from '../domain-error.js';
import { assertWithin, type ImageLimits } from './attributes.js';
import type { ImageCommandOf } from './commands.js';
import type { ImageEvent } from './events.js';
import type { Image, Member, MemberStatus } from './image.js';
import { assertMay, standingOf } from './policy.js';

export function addMember(command: ImageCommandOf<'AddMember'>, image: Image, limits: ImageLimits): ImageEvent[] {
  const { actor, member } = command;
  assertMay('add member to', actor, image);
  assertShared(image);
  if (Object.hasOwn(image.members, member)) throw new DomainError('member-exists', { id: image.id, member });
  assertWithin('members', Object.keys(image.members).length + 1, limits);
  return [{ type: 'ImageMemberAdded', data: { member } }];
}

const told = {
  accepted: 'ImageMemberAccepted',
  rejected: 'ImageMemberRejected',
  pending: 'ImageMemberPended',
} as const satisfies Record<MemberStatus, ImageEvent['type']>;

export function setMemberStatus(command: ImageCommandOf<'SetMemberStatus'>, image: Image): ImageEvent[] {
  const { actor, member, status } = command;
  assertMay('set member status of', actor, image);
  assertShared(image);
  const row = memberOf(image, member);
  // An invited project sees its own row only, so another's is not there for it.
  if (standingOf(actor, image) === 'invited-member' && actor.projectId !== member) {
    throw new DomainError('member-not-found', { id: image.id, member });
  }
  if (row.status === status) return [];
  return [{ type: told[status], data: { member, from: row.status } }];
}

export function removeMember(command: ImageCommandOf<'RemoveMember'>, image: Image): ImageEvent[] {
  const { actor, member } = command;
  assertMay('remove member from', actor, image);
  assertShared(image);
  const { status } = memberOf(image, member);
  return [{ type: 'ImageMemberRemoved', data: { member, from: status } }];
}

/** What an image of another visibility was shared with before waits until it is shared again. */
function assertShared({ id, visibility }: Image): void {
  if (visibility !== 'shared') throw new DomainError('not-shared', { id, visibility });
}

function memberOf(image: Image, member: string): Member {
  const row = Object.hasOwn(image.members, member) ? image.members[member] : undefined;
  if (!row) throw new DomainError('member-not-found', { id: image.id, member });
  return row;
}
