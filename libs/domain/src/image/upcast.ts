import { upcast, type Upcasters } from '../upcasting.js';
import { imageEventVersions, type ImageEvent } from './events.js';

const upcasters: Upcasters = {
  // The bytes announced count as used from 2 on.
  'ImageUploadStarted@1': (data) => ({ ...data, size: null }),
  // Before 2, tasks made no images, and no import needed to know the roles of whoever asked for it.
  'ImageImportRequested@1': (data) => ({ ...data, roles: null, task_input: null }),
  // Before 3, there were no bulk imports.
  'ImageImportRequested@2': (data) => ({ ...data, bulk: null }),
};

/** @throws Error for a type or version that this release does not know */
export function upcastImageEvent(type: string, schemaVersion: number, data: object): ImageEvent {
  return upcast<ImageEvent>(imageEventVersions, upcasters, { type, schemaVersion, data });
}
