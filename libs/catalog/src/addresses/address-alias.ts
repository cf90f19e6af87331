import { shownUrl } from '../telling/shown-url.js';

const mark = '#sealed=';
const sealedAddress = new RegExp(`${mark}([0-9a-f-]{36})$`);

/** What stands in the log for an address: as much as may be shown of it, and where the whole lies. */
export function aliasOf(address: string, id: string): string {
  return shownUrl(new URL(address).href) + mark + id;
}

/** Where the whole address lies; undefined when this is it. */
export function sealedIdOf(address: string): string | undefined {
  return sealedAddress.exec(address)?.[1];
}
