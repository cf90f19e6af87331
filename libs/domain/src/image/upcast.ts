import { imageEventVersions, type ImageEvent, type ImageEventType } from './events.js';

type Upcaster = (data: object) => object;

/** `<type>@<version>` → the same event one version later. Stored rows are never rewritten; old shapes are lifted here. */
const upcasters: Readonly<Record<string, Upcaster>> = {};

/** @throws Error when the log holds a type or version that this release does not know: an older one reading a newer log */
export function upcastImageEvent(type: string, schemaVersion: number, data: object): ImageEvent {
  const current = Object.hasOwn(imageEventVersions, type) ? imageEventVersions[type as ImageEventType] : undefined;
  if (current === undefined || schemaVersion > current) {
    throw new Error(`event ${type}, schema version ${schemaVersion}, is newer than this release of Vitrine`);
  }
  let lifted = data;
  for (let version = schemaVersion; version < current; version++) {
    const upcaster = upcasters[`${type}@${version}`];
    if (!upcaster) throw new Error(`no upcaster for ${type} from schema version ${version}`);
    lifted = upcaster(lifted);
  }
  return { type, data: lifted } as ImageEvent;
}
