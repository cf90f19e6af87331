/** What the names of files and architectures tell, as publishers of images use them. */

const architectures: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x64: 'x86_64',
  arm64: 'aarch64',
  armhf: 'armv7l',
  armv7: 'armv7l',
  i386: 'i686',
  ppc64el: 'ppc64le',
};
const told = new Set([
  ...Object.keys(architectures),
  ...Object.values(architectures),
  'riscv64',
  's390x',
  'loongarch64',
]);

/** As the Image API has it: Debian's amd64 is x86_64. */
export const architectureOf = (name: string) => architectures[name.toLowerCase()] ?? name.toLowerCase();

/** null when the file's name tells none */
export function architectureIn(fileName: string): string | null {
  const words = fileName.toLowerCase().replace(/x86[_-]64/g, 'amd64');
  const found = words.split(/[^a-z0-9]+/).find((word) => told.has(word));
  return found === undefined ? null : architectureOf(found);
}

const diskFormats: Readonly<Record<string, string>> = {
  // What is published as .img is qcow2 at Ubuntu, CirrOS, Debian of old and openSUSE; data that is not is refused when it comes.
  img: 'qcow2',
  qcow2: 'qcow2',
  raw: 'raw',
  vmdk: 'vmdk',
  vdi: 'vdi',
  vhd: 'vhd',
  vpc: 'vhd',
  vhdx: 'vhdx',
  iso: 'iso',
};

/** null for what is no disk, or a compressed one: its checksum is that of what has to be decompressed first */
export function diskFormatOf(fileName: string): string | null {
  return diskFormats[/\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? ''] ?? null;
}

export const withoutExtension = (fileName: string) => fileName.replace(/\.[a-z0-9]+$/i, '');

/** 9 before 10 */
export const naturally = new Intl.Collator('en', { numeric: true }).compare;

/** Whether a name is as a pattern with * says, in either case; in time linear in both for one *. */
export function fits(name: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  const [text, wanted] = [name.toLowerCase(), pattern.toLowerCase()];
  let [at, p, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (wanted[p] === '*') [star, mark] = [p++, at];
    else if (wanted[p] === text[at]) [at, p] = [at + 1, p + 1];
    else if (star >= 0) [at, p] = [++mark, star + 1];
    else return false;
  }
  return /^\**$/.test(wanted.slice(p));
}

/** Where a path of a listing leads; undefined when that is not below its base. */
export function below(base: URL, path: string): string | undefined {
  const segments = path.split('/').filter((segment, index) => segment !== '.' || index > 0);
  const isPlain = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const isClean = !/[\p{Cc}\\]/u.test(path);
  if (!isPlain || !isClean || path.length > 1024 || /^[a-z][a-z0-9+.-]*:/i.test(path)) return undefined;
  return new URL(segments.map(encodeURIComponent).join('/'), base).href;
}

const longestShown = 80;
/** Text of somebody else's document in a message to a person. */
export function shown(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, '�');
  return clean.length > longestShown ? `${clean.slice(0, longestShown)}…` : clean;
}
