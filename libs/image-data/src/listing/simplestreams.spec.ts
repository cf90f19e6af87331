import { describe, expect, it } from '@jest/globals';
import { isUsable, type Listed } from './listing.js';
import { cirrosProducts, hex, ubuntuIndex, ubuntuProducts } from './listings.spec-kit.js';
import { diskTypes, readSimplestreams, rootOf, type StreamsFilter } from './simplestreams.js';

const mirror = 'https://images.example.org/releases';
const indexUrl = `${mirror}/streams/v1/index.json`;
const productsUrl = `${mirror}/streams/v1/com.ubuntu.cloud:released:download.json`;
const escaped = productsUrl
  .replaceAll(':released:', '%3Areleased%3A')
  .replace('com.ubuntu.cloud:', 'com.ubuntu.cloud%3A');

const all: StreamsFilter = { releases: [], architectures: [], name: undefined, ftypes: diskTypes, newest: true };

/** What is asked for, and nothing else, is there. */
function serving(documents: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const fetch = (url: string) => {
    asked.push(url);
    const document = documents[url];
    if (document === undefined) throw new Error(`nobody has ${url}`);
    return Promise.resolve(typeof document === 'string' ? document : JSON.stringify(document));
  };
  return { asked, fetch };
}

const ubuntu = { [indexUrl]: ubuntuIndex, [productsUrl]: ubuntuProducts, [escaped]: ubuntuProducts };
const read = (
  filter: Partial<StreamsFilter> = {},
  url = indexUrl,
  documents: Readonly<Record<string, unknown>> = ubuntu,
) => readSimplestreams(url, { ...all, ...filter }, serving(documents).fetch);
const names = (found: readonly Listed[]) => found.map(({ name }) => name);

describe('a mirror in the simplestreams format', () => {
  it('is read from its index: the last disk of each product, with checksum, architecture and system', async () => {
    const { asked, fetch } = serving(ubuntu);
    const found = await readSimplestreams(indexUrl, all, fetch);
    expect(asked).toEqual([indexUrl, escaped]);
    expect(names(found)).toEqual([
      'ubuntu-jammy-22.04-amd64-server-20250801',
      'ubuntu-noble-24.04-amd64-server-20250829.10',
      'ubuntu-noble-24.04-arm64-server-20250829',
    ]);
    expect(found[2]).toEqual({
      name: 'ubuntu-noble-24.04-arm64-server-20250829',
      url: `${mirror}/server/releases/noble/release-20250829/ubuntu-24.04-server-cloudimg-arm64.img`,
      ...{ checksum: `sha256:${hex('9', 64)}`, size: 600_000_000, diskFormat: 'qcow2', isDiskFormatSaid: false },
      ...{ architecture: 'aarch64', properties: { os_distro: 'ubuntu', os_version: '24.04' } },
    });
  });

  it('is read from one of its documents, and from the signed ones', async () => {
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${JSON.stringify(ubuntuProducts)}\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n`;
    const url = productsUrl.replace('.json', '.sjson');
    expect(await read({}, url, { [url]: signed })).toEqual(await read({}, productsUrl));
    const cut = signed.slice(0, -150);
    await expect(read({}, url, { [url]: cut })).rejects.toThrow('it is signed, and its end is missing.');
  });

  it.each<[string, Partial<StreamsFilter>, string[]]>([
    ['codename', { releases: ['jammy'] }, ['ubuntu-jammy-22.04-amd64-server-20250801']],
    ['number', { releases: ['22.04'] }, ['ubuntu-jammy-22.04-amd64-server-20250801']],
    ['title', { releases: ['Jammy Jellyfish'] }, ['ubuntu-jammy-22.04-amd64-server-20250801']],
    [
      'alias and architecture',
      { releases: ['n', 'j'], architectures: ['arm64'] },
      ['ubuntu-noble-24.04-arm64-server-20250829'],
    ],
    [
      'architecture as the Image API has it',
      { architectures: ['aarch64'] },
      ['ubuntu-noble-24.04-arm64-server-20250829'],
    ],
    ['name', { name: '*-NOBLE-*amd64*' }, ['ubuntu-noble-24.04-amd64-server-20250829.10']],
    ['none', { releases: ['warty'] }, []],
  ])('is filtered by %s', async (_, filter, expected) => {
    expect(names(await read(filter))).toEqual(expected);
  });

  it('gives every version, newest first, when not only the newest are wanted', async () => {
    const found = await read({ newest: false, releases: ['noble'], architectures: ['amd64'] });
    expect(names(found).map((name) => name.split('-').at(-1))).toEqual([
      ...['20250829.10', '20250829.9', '20250829', '20250805'],
    ]);
  });

  it('gives another kind of disk when that is asked for, the first one that there is', async () => {
    const [found] = await read({ releases: ['jammy'], ftypes: ['disk-kvm.img', 'vmdk', 'disk1.img'] });
    expect(found).toMatchObject({ diskFormat: 'vmdk', checksum: `sha256:${hex('7', 64)}` });
    const [archive] = await read({ releases: ['jammy'], ftypes: ['root.tar.xz'] });
    expect(archive).toMatchObject({ diskFormat: null });
  });

  it('passes over a newest version without a disk: the one before it has one', async () => {
    const { versions, ...product } = ubuntuProducts.products['com.ubuntu.cloud:server:24.04:arm64'];
    const { 'root.tar.xz': archive } = Object.values(versions)[0]!.items;
    const more = { ...versions, '20250901': { items: { 'root.tar.xz': archive } } };
    const documents = { [productsUrl]: { ...ubuntuProducts, products: { one: { ...product, versions: more } } } };
    expect(names(await read({}, productsUrl, documents))).toEqual(['ubuntu-noble-24.04-arm64-server-20250829']);
  });

  it('may say little: labels on any level, names only in its files, and md5 only', async () => {
    const url = 'http://cirros.example.org/streams/v1/net.cirros-cloud:released:download.json';
    expect(await read({}, url, { [url]: cirrosProducts })).toEqual([
      {
        ...{ name: 'cirros-0.6.2-x86_64-disk', url: 'http://cirros.example.org/0.6.2/cirros-0.6.2-x86_64-disk.img' },
        ...{ checksum: `md5:${hex('a', 32)}`, size: 21_430_272, diskFormat: 'qcow2', isDiskFormatSaid: false },
        ...{ architecture: 'x86_64', properties: { os_distro: 'cirros', os_version: '0.6.2' } },
      },
    ]);
  });

  it('has its paths below what is above streams/v1, or beside a document that lies elsewhere', () => {
    expect(rootOf('https://h/a/streams/v1/index.json?x=y').href).toBe('https://h/a/');
    expect(rootOf('https://h/streams/v1/index.json').href).toBe('https://h/');
    expect(rootOf('https://h/a/b/products.json').href).toBe('https://h/a/b/');
  });
});

describe('a document in the simplestreams format that is of no use', () => {
  const products = (path: unknown) => ({
    ...{ format: 'products:1.0', products: { p: { versions: { v: { items: { d: { ftype: 'disk1.img', path } } } } } } },
  });

  it.each([
    '../../etc/passwd.img',
    '/etc/passwd.img',
    'a/../../x.img',
    'https://other.example.org/x.img',
    'a\\..\\x.img',
    'a//x.img',
    'javascript:x',
    'a\nb.img',
  ])('leads out of its mirror by %j: that entry is told, the others are read', async (path) => {
    const two = { ...ubuntuProducts, products: { ...products(path).products, ...ubuntuProducts.products } };
    const found = await read({}, productsUrl, { [productsUrl]: two });
    expect(found).toHaveLength(4);
    const [bad, ...good] = found;
    expect(bad).toMatchObject({ problem: expect.stringMatching(/^its path leads out of the mirror: /) });
    expect(good.every(isUsable)).toBe(true);
  });

  it('keeps what looks like an escape in the name of a file as the name', async () => {
    const [found] = await read({}, productsUrl, { [productsUrl]: products('a/%2e%2e/b #?.img') });
    expect(found).toMatchObject({ url: `${mirror}/a/%252e%252e/b%20%23%3F.img` });
  });

  it.each<[string, unknown, string]>([
    ['is cut off', JSON.stringify(ubuntuIndex).slice(0, 300), 'it is not valid JSON, or not all of it came.'],
    ['is empty', '', 'it is empty.'],
    ['is a page', '<html>404</html>', 'it is not valid JSON, or not all of it came.'],
    ['is something else', { format: 'products:2.0', products: {} }, 'it is no simplestreams document (format: '],
    [
      'has no items',
      { format: 'products:1.0', products: { p: { versions: { v: {} } } } },
      'it is no simplestreams document (products → p → versions → v → items: ',
    ],
    [
      'leads to clouds only',
      { format: 'index:1.0', index: { a: { format: 'products:1.0', datatype: 'image-ids', path: 'x' } } },
      'it leads to no document of images that can be downloaded.',
    ],
    [
      'leads to another host',
      { format: 'index:1.0', index: { a: { format: 'products:1.0', path: 'http://169.254.169.254/x' } } },
      'it leads out of its mirror, to http://169.254.169.254/x.',
    ],
    [
      'leads upwards',
      { format: 'index:1.0', index: { a: { format: 'products:1.0', path: '../secret.json' } } },
      'it leads out of its mirror, to ../secret.json.',
    ],
  ])('is named when it %s', async (_, document, problem) => {
    const told = read({}, `${indexUrl}?signature=secret`, { [`${indexUrl}?signature=secret`]: document });
    await expect(told).rejects.toMatchObject({
      name: 'ListingError',
      document: indexUrl,
      problem: expect.stringContaining(problem),
    });
  });

  it('is the one that an index leads to, and is named itself', async () => {
    const documents = { ...ubuntu, [escaped]: '{"products"' };
    await expect(read({}, indexUrl, documents)).rejects.toMatchObject({ document: escaped });
  });
});
