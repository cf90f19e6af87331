import { ListingError } from './listing.js';

const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
const end = '-----BEGIN PGP SIGNATURE-----';

/**
 * What a text says that may be signed in the clear (RFC 4880, 7). The signature is not verified, because nobody has said
 * whose it should be. @throws ListingError for one that was cut off
 */
export function withoutSignature(document: string, text: string): string {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => line.trim() !== '');
  if (lines[first]?.trimEnd() !== begin) return text;
  const headers = lines.indexOf('', first);
  const last = lines.findIndex((line) => line.trimEnd() === end);
  if (headers < 0 || last < headers) throw new ListingError(document, 'it is signed, and its end is missing.');
  return lines
    .slice(headers + 1, last)
    .map((line) => (line.startsWith('- ') ? line.slice(2) : line))
    .join('\n');
}
