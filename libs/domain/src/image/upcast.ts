import { upcast, type Upcasters } from '../upcasting.js';
import { imageEventVersions, type ImageEvent } from './events.js';

const upcasters: Upcasters = {
  // The bytes announced count as used from 2 on.
  'ImageUploadStarted@1': (data) => ({ ...data, size: null }),
  // Tasks of type import made no images before 2.
  'ImageImportRequested@1': (data) => ({ ...data, task_input: null }),
};

/** @throws Error for a type or version that this release does not know */
export function upcastImageEvent(type: string, schemaVersion: number, data: object): ImageEvent {
  return upcast<ImageEvent>(imageEventVersions, upcasters, { type, schemaVersion, data });
}
