import { unreachable, type Aggregate } from '../aggregate.js';
import { DomainError } from '../domain-error.js';
import { defaultImageLimits, type ImageLimits } from './attributes.js';
import type { ImageCommand } from './commands.js';
import { addTag, changeImage, createImage, removeTag } from './decide-attributes.js';
import * as data from './decide-data.js';
import * as imports from './decide-imports.js';
import * as members from './decide-members.js';
import { imageEventVersions, type ImageEvent } from './events.js';
import { evolve } from './evolve.js';
import type { ImageState } from './image.js';
import { noProtections, type PropertyProtections } from './property-protections.js';
import { upcastImageEvent } from './upcast.js';

/** Commands that end bytes or jobs on their way: they must find the image even when it was deleted meanwhile. */
const afterDeletion: ReadonlySet<ImageCommand['type']> = new Set<ImageCommand['type']>([
  'CompleteUpload',
  'FailUpload',
  'CompleteImportToStore',
  'FailImportToStore',
  'FailImport',
  'CancelImport',
  'PurgeData',
]);

/** What the command changes about the image, or a DomainError with the rule that forbids it. */
export function decide(
  command: ImageCommand,
  state: ImageState,
  limits: ImageLimits = defaultImageLimits,
  protections: PropertyProtections = noProtections,
): readonly ImageEvent[] {
  if (command.type === 'CreateImage' || command.type === 'ImportNewImage' || command.type === 'ImportItem') {
    if (state !== undefined) throw new DomainError('image-exists', { id: command.id });
    if (command.type === 'CreateImage') return createImage(command, limits, protections);
    if (command.type === 'ImportItem') return imports.importItem(command, limits, protections);
    return imports.importNewImage(command, limits, protections);
  }
  if (state === undefined || (state.status === 'deleted' && !afterDeletion.has(command.type))) {
    throw new DomainError('image-not-found', { id: state?.id ?? '' });
  }
  switch (command.type) {
    case 'ChangeImage':
      return changeImage(command, state, limits, protections);
    case 'AddTag':
      return addTag(command, state, limits);
    case 'RemoveTag':
      return removeTag(command, state);
    case 'StartUpload':
      return data.startUpload(command, state);
    case 'FailUpload':
      return data.failUpload(command, state);
    case 'CompleteUpload':
      return data.completeUpload(command, state);
    case 'RequestImport':
      return imports.requestImport(command, state);
    case 'RepeatImport':
      return imports.repeatImport(command, state);
    case 'CancelImport':
      return imports.cancelImport(command, state);
    case 'StartImport':
      return imports.startImport(command, state);
    case 'FailImport':
      return imports.failImport(command, state);
    case 'FailImportToStore':
      return imports.failImportToStore(command, state);
    case 'CompleteImportToStore':
      return imports.completeImportToStore(command, state, limits, protections);
    case 'DeactivateImage':
      return data.deactivate(command, state);
    case 'ReactivateImage':
      return data.reactivate(command, state);
    case 'RemoveDataFromStore':
      return data.removeDataFromStore(command, state);
    case 'DeleteImage':
      return data.deleteImage(command, state);
    case 'PurgeData':
      return data.purgeData(command, state);
    case 'AddMember':
      return members.addMember(command, state, limits);
    case 'SetMemberStatus':
      return members.setMemberStatus(command, state);
    case 'RemoveMember':
      return members.removeMember(command, state);
    default:
      return unreachable(command);
  }
}

export function imageAggregate(
  limits: ImageLimits = defaultImageLimits,
  protections: PropertyProtections = noProtections,
): Aggregate<ImageState, ImageCommand, ImageEvent> {
  return {
    name: 'image',
    initial: undefined,
    decide: (command, state) => decide(command, state, limits, protections),
    evolve,
    schemaVersions: imageEventVersions,
    upcast: upcastImageEvent,
  };
}
