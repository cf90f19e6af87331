import { describe, expect, it } from '@jest/globals';
import { readImageList, serviceOf, type ImageListFilter } from './image-list.js';
import { hex, listedImage } from './listings.spec-kit.js';

const idOf = (n: number) => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
const endpoint = 'https://glance.example.org:9292/image/v2/';
const list = 'https://glance.example.org:9292/image/v2/images';

async function read(pages: readonly (object | string)[], filter: Partial<ImageListFilter> = {}) {
  const asked: string[] = [];
  const found = await readImageList(endpoint, { query: {}, name: undefined, most: 100, ...filter }, (url) => {
    const page = pages[asked.push(url) - 1];
    if (page === undefined) throw new Error('nobody has that page');
    return Promise.resolve(typeof page === 'string' ? page : JSON.stringify(page));
  });
  return { asked, found };
}

describe('the list of another image service', () => {
  it('is walked page by page, at its endpoint, with the query of each link', async () => {
    const pages = [
      { images: [listedImage(idOf(1))], next: `/v2/images?marker=${idOf(1)}&limit=500` },
      { images: [], next: `https://glance.example.org:9292/v2/images?marker=${idOf(2)}` },
      { images: [listedImage(idOf(3))] },
    ];
    const { asked, found } = await read(pages, { query: { owner: 'me', tag: ['a', 'b'], status: 'queued' } });
    expect(asked).toEqual([
      `${list}?limit=500&sort_key=created_at&sort_dir=asc&owner=me&tag=a&tag=b&status=active`,
      `${list}?marker=${idOf(1)}&limit=500`,
      `${list}?marker=${idOf(2)}`,
    ]);
    expect(found.map(({ url }) => url)).toEqual([`${list}/${idOf(1)}/file`, `${list}/${idOf(3)}/file`]);
  });

  it('tells all of an image that can be brought along, and the strongest checksum that can be verified', async () => {
    const images = [
      listedImage(idOf(1)),
      listedImage(idOf(2), { os_hash_algo: 'sha384', name: null, size: null }),
      listedImage(idOf(3), { os_hash_algo: null, os_hash_value: null, checksum: null }),
      listedImage(idOf(4), { status: 'queued' }),
    ];
    const { found } = await read([{ images }]);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({
      ...{ name: 'image 0000', checksum: `sha512:${hex('d', 128)}`, size: 1000, diskFormat: 'qcow2' },
      ...{ isDiskFormatSaid: true, architecture: 'x86_64', properties: { hw_disk_bus: 'virtio' } },
      more: {
        ...{ containerFormat: 'bare', visibility: 'public', isProtected: false, minDisk: 2, minRam: 512, tags: ['a'] },
      },
    });
    expect(found[0]!.properties).not.toHaveProperty('kernel_id');
    expect(found[1]).toMatchObject({ name: idOf(2), checksum: `md5:${hex('c', 32)}`, size: null });
    expect(found[2]).toMatchObject({ checksum: null });
  });

  it('is filtered by a pattern of the name, and ends where there are too many', async () => {
    const images = [listedImage(idOf(1), { name: 'debian' }), listedImage(idOf(2), { name: 'other' })];
    expect((await read([{ images }], { name: 'deb*' })).found).toHaveLength(1);
    const { asked } = await read([{ images, next: '/v2/images?marker=x' }], { most: 1 });
    expect(asked).toHaveLength(1);
  });

  it.each([
    [
      'leads back',
      [
        { images: [], next: '/v2/images?marker=a' },
        { images: [], next: '/v2/images?marker=b' },
        { images: [], next: '/v2/images?marker=a' },
      ],
      'its pages have no end',
    ],
    [
      'leads to itself',
      [{ images: [], next: '/v2/images?limit=500&sort_key=created_at&sort_dir=asc&status=active' }],
      'its pages have no end',
    ],
    [
      'leads to another server',
      [{ images: [], next: 'https://evil.example.org/v2/images?marker=a' }],
      'the link to its next page leads to another server.',
    ],
    [
      'leads to another server without a scheme',
      [{ images: [], next: '//evil.example.org/v2/images' }],
      'leads to another server',
    ],
    [
      'leads to another port',
      [{ images: [], next: 'https://glance.example.org/v2/images' }],
      'leads to another server',
    ],
    ['is no list', [{ versions: [] }], 'it is no list of the Image API v2.'],
    ['is cut off', ['{"images": ['], 'it is not valid JSON'],
    [
      'has something else in it',
      [{ images: [listedImage(idOf(1)), { id: '../../x' }] }],
      'image 2 of a page is no image.',
    ],
  ])('is of no use when it %s', async (_, pages, problem) => {
    await expect(read(pages)).rejects.toThrow(problem);
  });

  it('has no end at all, and is left after a thousand pages', async () => {
    const endless = Array.from({ length: 2000 }, (_, n) => ({ images: [], next: `/v2/images?marker=${n}` }));
    await expect(read(endless)).rejects.toThrow('its pages have no end');
  });
});

it('the address of an image service is the same with and without its version', () => {
  for (const given of [
    'https://h/image',
    'https://h/image/',
    'https://h/image/v2',
    'https://h/image/v2.9/',
    'https://h/image//v2//',
  ]) {
    expect(serviceOf(given)).toBe('https://h/image');
  }
});
