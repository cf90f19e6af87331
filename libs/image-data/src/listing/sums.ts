import { withoutSignature } from './clear-signed.js';
import { documentName, ListingError, type Listed } from './listing.js';
import {
  architectureIn,
  architectureOf,
  below,
  diskFormatOf,
  fits,
  naturally,
  shown,
  withoutExtension,
} from './names.js';

export interface SumsFilter {
  /** empty: all */
  readonly architectures: readonly string[];
  /** of the file or of the image, with * */
  readonly name: string | undefined;
  /** of builds of one image, only the last */
  readonly newest: boolean;
}

interface Sum {
  readonly line: number;
  readonly file: string;
  readonly algorithm: string;
  readonly value: string;
}

const byDigits: Readonly<Record<number, string>> = { 32: 'md5', 64: 'sha256', 128: 'sha512' };
const strength = ['md5', 'sha256', 'sha512'];
const gnu = /^(?<value>[0-9a-f]+) [ *](?<file>.+)$/i;
const bsd = /^(?<name>[a-z0-9-]+) ?\((?<file>.+)\) ?= ?(?<value>[0-9a-f]+)$/i;

/** A date and what follows it in numbers: builds of one image have names that differ only there. */
const build = /(?<!\d)20\d{6}(?!\d)(?:[.-]\d+(?![a-z\d]))*/gi;

/**
 * The disks that a listing of checksums names, as sha256sum and its kin write it, GNU or BSD, signed in the clear or not.
 * @throws ListingError
 */
export function readSums(url: string, text: string, filter: SumsFilter): Listed[] {
  const document = documentName(url);
  const strongest = new Map<string, Sum>();
  for (const sum of sumsIn(document, withoutSignature(document, text))) {
    const before = strongest.get(sum.file);
    if (!before || strength.indexOf(sum.algorithm) > strength.indexOf(before.algorithm)) strongest.set(sum.file, sum);
  }
  if (strongest.size === 0) throw new ListingError(document, 'it has no checksums of files.');
  const { origin, pathname } = new URL(url);
  const base = new URL(pathname.slice(0, pathname.lastIndexOf('/') + 1), origin);
  const wanted = [...strongest.values()].filter(({ file }) => isWanted(fileName(file), filter));
  return (filter.newest ? lastBuilds(wanted) : wanted).map((sum) => entryOf(sum, base));
}

function* sumsIn(document: string, text: string): Generator<Sum> {
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const said = raw.trim();
    if (said === '' || said.startsWith('#')) continue;
    const { name, file, value } = (bsd.exec(said) ?? gnu.exec(said))?.groups ?? {};
    if (file === undefined || value === undefined) {
      throw new ListingError(document, `line ${line} is no checksum of a file: ${shown(said)}`);
    }
    const digest = name === undefined ? byDigits[value.length] : name.toLowerCase().replace('-', '');
    const isKnown = digest !== undefined && strength.includes(digest);
    // Others of BSD's say what they are, and stand beside a better one.
    if (name !== undefined && !isKnown) continue;
    if (!isKnown || byDigits[value.length] !== digest) {
      throw new ListingError(document, `line ${line} has a checksum of ${value.length} digits: ${shown(said)}`);
    }
    yield { line, file: file.replace(/^\.\//, ''), algorithm: digest, value: value.toLowerCase() };
  }
}

const fileName = (path: string) => path.split('/').at(-1)!;

function isWanted(file: string, { architectures, name }: SumsFilter): boolean {
  if (diskFormatOf(file) === null) return false;
  if (!fits(file, name) && !fits(withoutExtension(file), name)) return false;
  const has = architectureIn(file);
  return architectures.length === 0 || architectures.some((one) => architectureOf(one) === has);
}

function lastBuilds(sums: readonly Sum[]): Sum[] {
  const last = new Map<string, Sum>();
  for (const sum of sums) {
    const image = sum.file.replace(build, '*');
    const before = last.get(image);
    if (!before || naturally(sum.file, before.file) > 0) last.set(image, sum);
  }
  return [...last.values()];
}

function entryOf({ line, file, algorithm, value }: Sum, base: URL): Listed {
  const url = below(base, file);
  const name = withoutExtension(fileName(file));
  if (url === undefined) {
    return { name: shown(name), problem: `line ${line} of the listing leads out of its directory: ${shown(file)}` };
  }
  return {
    ...{ name, url, checksum: `${algorithm}:${value}`, size: null, properties: {} },
    ...{ diskFormat: diskFormatOf(file), isDiskFormatSaid: false, architecture: architectureIn(fileName(file)) },
  };
}
