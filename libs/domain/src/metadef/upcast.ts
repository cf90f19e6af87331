import { upcast, type Upcasters } from '../upcasting.js';
import { metadefEventVersions, type MetadefEvent } from './events.js';

const upcasters: Upcasters = {};

/** @throws Error for a type or version that this release does not know */
export function upcastMetadefEvent(type: string, schemaVersion: number, data: object): MetadefEvent {
  return upcast<MetadefEvent>(metadefEventVersions, upcasters, { type, schemaVersion, data });
}
