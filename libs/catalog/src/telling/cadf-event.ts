import type { BulkImportEvent, ImageEventType, MetadefEventType } from '#domain';
import { imageOf, type EventView } from './event-view.js';

type Outcome = 'success' | 'failure' | 'pending' | 'unknown';
type KnownType = ImageEventType | MetadefEventType | BulkImportEvent['type'];

/** An event as the DMTF's Cloud Auditing Data Federation has it (DSP0262 1.0), as Keystone and pycadf write it. */
export interface CadfEvent {
  readonly typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event';
  readonly eventType: 'activity';
  readonly id: string;
  readonly eventTime: string;
  /** of CADF's taxonomy */
  readonly action: string;
  readonly outcome: Outcome;
  readonly initiator: Resource & {
    readonly user_id: string;
    readonly project_id: string | null;
    readonly request_id?: string;
  };
  readonly target: Resource;
  readonly observer: Resource;
  /** of what has failed */
  readonly reason?: { readonly reasonCode: string; readonly reasonType: string };
  /** what Vitrine says of it */
  readonly attachments: readonly [
    { readonly typeURI: 'application/json'; readonly name: string; readonly content: EventView },
  ];
}

interface Resource {
  readonly typeURI: string;
  readonly id: string;
}

export const cadfType = 'application/cadf+json; charset=UTF-8';

const service = 'service/storage/image';

/** What each event is to those who read many services' audits: the closest action of CADF's taxonomy. */
const meanings: Readonly<Record<KnownType, readonly [action: string, outcome: Outcome]>> = {
  ImageCreated: ['create', 'success'],
  ImageAttributesChanged: ['update', 'success'],
  ImagePropertiesChanged: ['update', 'success'],
  ImageTagAdded: ['update', 'success'],
  ImageTagRemoved: ['update', 'success'],
  ImageVisibilityChanged: ['update', 'success'],
  ImageProtectionChanged: ['update', 'success'],
  ImageOwnerChanged: ['update', 'success'],
  ImageLocationsChanged: ['update', 'success'],
  ImageUploadStarted: ['receive', 'pending'],
  ImageUploadFailed: ['receive', 'failure'],
  ImageDataStaged: ['receive', 'success'],
  ImageDataUploaded: ['receive', 'success'],
  ImageDataDecompressed: ['update', 'success'],
  ImageDataConverted: ['update', 'success'],
  ImageDataCopied: ['backup', 'success'],
  ImageDataRemoved: ['update', 'success'],
  ImageDataPurged: ['delete', 'success'],
  ImageImportRequested: ['start', 'pending'],
  ImageImportStarted: ['start', 'success'],
  ImageImportToStoreFailed: ['receive', 'failure'],
  ImageImportFailed: ['receive', 'failure'],
  ImageImportCancelled: ['stop', 'success'],
  ImageImportCompleted: ['receive', 'success'],
  ImageActivated: ['enable', 'success'],
  ImageDeactivated: ['disable', 'success'],
  ImageReactivated: ['enable', 'success'],
  ImageMemberAdded: ['allow', 'success'],
  ImageMemberAccepted: ['update', 'success'],
  ImageMemberRejected: ['update', 'success'],
  ImageMemberPended: ['update', 'success'],
  ImageMemberRemoved: ['revoke', 'success'],
  ImageDeleted: ['delete', 'success'],
  MetadefNamespaceCreated: ['create', 'success'],
  MetadefNamespaceChanged: ['update', 'success'],
  MetadefNamespaceDeleted: ['delete', 'success'],
  MetadefObjectAdded: ['update', 'success'],
  MetadefObjectChanged: ['update', 'success'],
  MetadefObjectsRemoved: ['update', 'success'],
  MetadefPropertyAdded: ['update', 'success'],
  MetadefPropertyChanged: ['update', 'success'],
  MetadefPropertiesRemoved: ['update', 'success'],
  MetadefTagsAdded: ['update', 'success'],
  MetadefTagRenamed: ['update', 'success'],
  MetadefTagsRemoved: ['update', 'success'],
  MetadefResourceTypeAssociated: ['update', 'success'],
  MetadefResourceTypeDissociated: ['update', 'success'],
  BulkImportRequested: ['create', 'pending'],
  BulkImportAccepted: ['start', 'success'],
  BulkImportPaused: ['stop', 'success'],
  BulkImportResumed: ['start', 'success'],
  BulkImportCancelled: ['stop', 'success'],
  BulkImportStopped: ['stop', 'failure'],
  BulkImportRetried: ['start', 'success'],
  BulkImportFinished: ['stop', 'success'],
};

/**
 * @param id the event's own, a UUID
 * @param observer a URI-reference that names the installation
 */
export function cadfEvent(view: EventView, id: string, observer: string): CadfEvent {
  // A newer release may have written what this one does not know.
  const [action, outcome] = Object.hasOwn(meanings, view.type)
    ? meanings[view.type as KnownType]
    : (['unknown', 'unknown'] as const);
  const reason = outcome === 'failure' ? reasonOf(view) : undefined;
  return {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    eventType: 'activity',
    id,
    eventTime: view.time.replace(/Z$/, '+00:00'),
    action,
    outcome,
    initiator: initiatorOf(view),
    target: targetOf(view.stream),
    observer: { typeURI: service, id: observer },
    ...(reason !== undefined && { reason: { reasonCode: view.type, reasonType: reason } }),
    attachments: [{ typeURI: 'application/json', name: view.type, content: view }],
  };
}

function initiatorOf({ actor, request_id: requestId }: EventView): CadfEvent['initiator'] {
  const { user_id: user, project_id: project, roles } = actor;
  return {
    typeURI: roles.includes('system') ? service : 'service/security/account/user',
    id: user,
    user_id: user,
    project_id: project,
    ...(requestId !== null && { request_id: requestId }),
  };
}

function targetOf(stream: string): Resource {
  const image = imageOf({ streamId: stream });
  if (image !== undefined) return { typeURI: service, id: image };
  const [, kind = '', id = stream] = /^([a-z]+)-(.*)$/s.exec(stream) ?? [];
  const kinds: Readonly<Record<string, string>> = { metadef: 'metadef', bulk: 'bulk-import' };
  return { typeURI: `${service}/${kinds[kind] ?? 'unknown'}`, id };
}

function reasonOf({ data }: EventView): string | undefined {
  return 'reason' in data && typeof data.reason === 'string' ? data.reason : undefined;
}
