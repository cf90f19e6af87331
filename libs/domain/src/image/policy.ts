import { DomainError } from '../domain-error.js';
import type { Image } from './image.js';

/** `system` is Vitrine itself: its workers and sweeper. */
export type Role = 'admin' | 'member' | 'reader' | 'service' | 'system';

/** Who acts, as the identity service vouches for it. `projectId` is null only for the system. */
export interface Actor {
  readonly userId: string;
  readonly projectId: string | null;
  readonly roles: readonly string[];
  /** a reader in the admin project: reads every image's past, and that only */
  readonly isAuditor?: boolean;
}

/**
 * How an actor stands to one image. `owner-*`: the image's project; `invited-*`: a member project of a shared image,
 * whatever the member status; `viewer-*`: anyone else who may see it because it is public or community. `auditor` is what
 * one is beside that.
 */
export const standings = [
  'system',
  'admin',
  'owner-member',
  'owner-reader',
  'service',
  'invited-member',
  'invited-reader',
  'viewer-member',
  'viewer-reader',
  'auditor',
  'stranger',
] as const;
export type Standing = (typeof standings)[number];

const everyoneWhoSees = [
  'system',
  'admin',
  'owner-member',
  'owner-reader',
  'invited-member',
  'invited-reader',
  'viewer-member',
  'viewer-reader',
] as const;
const writers = ['system', 'admin', 'owner-member'] as const;
const admins = ['system', 'admin'] as const;

/** Who may do what: one row an operation (IMAGE-API.md §6; OpenStack's secure RBAC defaults, project scope). */
const table = {
  show: everyoneWhoSees,
  'list tasks of': everyoneWhoSees,
  'read history of': ['system', 'admin', 'owner-member', 'owner-reader', 'auditor'],
  'read own invitations to': [
    'system',
    'admin',
    'owner-member',
    'owner-reader',
    'invited-member',
    'invited-reader',
    'auditor',
  ],
  download: ['system', 'admin', 'owner-member', 'invited-member', 'viewer-member'],
  'download deactivated': admins,
  update: writers,
  delete: writers,
  upload: writers,
  stage: writers,
  import: writers,
  copy: admins,
  'add location to': [...writers, 'service'],
  'list locations of': ['system', 'admin', 'service'],
  'set locations of': writers,
  'remove locations of': writers,
  'show locations of': ['system', 'admin', 'owner-member', 'owner-reader', 'service'],
  tag: writers,
  deactivate: writers,
  reactivate: writers,
  communitize: writers,
  publicize: admins,
  'change owner of': admins,
  'remove data of': admins,
  'add member to': writers,
  'remove member from': writers,
  'list members of': ['system', 'admin', 'owner-member', 'owner-reader', 'invited-member', 'invited-reader'],
  'set member status of': ['system', 'admin', 'invited-member'],
} as const satisfies Record<string, readonly Standing[]>;

export type ImageOperation = keyof typeof table;
export const imageOperations = Object.keys(table) as ImageOperation[];

const has = (actor: Actor, role: Role) => actor.roles.includes(role);

export function standingOf(actor: Actor, image: Pick<Image, 'owner' | 'visibility' | 'members'>): Standing {
  if (has(actor, 'system')) return 'system';
  if (has(actor, 'admin')) return 'admin';
  const mayWrite = has(actor, 'member');
  if (!mayWrite && !has(actor, 'reader')) return has(actor, 'service') ? 'service' : 'stranger';
  const project = actor.projectId;
  if (project !== null && image.owner === project) return mayWrite ? 'owner-member' : 'owner-reader';
  if (image.visibility === 'shared' && project !== null && Object.hasOwn(image.members, project)) {
    return mayWrite ? 'invited-member' : 'invited-reader';
  }
  if (image.visibility === 'public' || image.visibility === 'community') {
    return mayWrite ? 'viewer-member' : 'viewer-reader';
  }
  return 'stranger';
}

export function may(operation: ImageOperation, standing: Standing): boolean {
  return (table[operation] as readonly Standing[]).includes(standing);
}

/** A service may what services may, whatever it is besides: it passes a user's request on, or has more roles than that. So with auditors. */
export function mayOn(operation: ImageOperation, actor: Actor, image: Parameters<typeof standingOf>[1]): boolean {
  return (
    may(operation, standingOf(actor, image)) ||
    (has(actor, 'service') && may(operation, 'service')) ||
    (actor.isAuditor === true && may(operation, 'auditor'))
  );
}

/** Whoever reads every event there is: those of images that no project has, and of metadata definitions, too. */
export function readsWholeLog(actor: Actor): boolean {
  return has(actor, 'system') || has(actor, 'admin') || actor.isAuditor === true;
}

/**
 * Whether the actor may see an image as it was. Whoever reads its history may; others what they could have seen then, and
 * could see still: to make an image private, or to delete it, closes its past as well.
 */
export function maySeePast(actor: Actor, then: Image, now: Image): boolean {
  if (mayOn('read history of', actor, now)) return true;
  return now.status !== 'deleted' && mayOn('show', actor, now) && mayOn('show', actor, then);
}

/** A refusal is `forbidden` to those who may see the image and `image-not-found` to those who may not. */
export function assertMay(operation: ImageOperation, actor: Actor, image: Image): void {
  if (mayOn(operation, actor, image)) return;
  if (mayOn('show', actor, image)) throw new DomainError('forbidden', { operation, id: image.id });
  throw new DomainError('image-not-found', { id: image.id });
}

/** Creating has no image to stand to: members create for their own project, admins for any. */
export function assertMayCreate(actor: Actor, owner: string | null, visibility: Image['visibility']): void {
  const admin = has(actor, 'admin') || has(actor, 'system');
  if (!admin && !has(actor, 'member')) throw new DomainError('forbidden', { operation: 'create' });
  if (!admin && owner !== actor.projectId)
    throw new DomainError('forbidden', { operation: 'create for another project' });
  if (!admin && visibility === 'public') throw new DomainError('forbidden', { operation: 'publicize' });
}

/** `/v2/tasks`, whoever's tasks they are. @throws DomainError forbidden */
export function assertMayUseTasks(actor: Actor): void {
  if (!has(actor, 'admin')) throw new DomainError('forbidden', { operation: 'use the tasks of' });
}
