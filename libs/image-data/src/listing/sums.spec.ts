import { describe, expect, it } from '@jest/globals';
import { buildsSums, debianSums, fedoraChecksum, hex } from './listings.spec-kit.js';
import { fits } from './names.js';
import { readSums, type SumsFilter } from './sums.js';

const url = 'https://images.example.org/cloud/latest/SHA512SUMS';
const read = (text: string, filter: Partial<SumsFilter> = {}) =>
  readSums(url, text, { architectures: [], name: undefined, newest: true, ...filter });
const names = (...args: Parameters<typeof read>) => read(...args).map(({ name }) => name);

describe('a listing of checksums', () => {
  it('of Debian gives the disks beside it, with format and architecture from their names', () => {
    expect(read(debianSums, { architectures: ['amd64'] })).toEqual([
      {
        name: 'debian-13-generic-amd64',
        url: 'https://images.example.org/cloud/latest/debian-13-generic-amd64.qcow2',
        ...{ checksum: `sha512:${hex('2', 128)}`, size: null, diskFormat: 'qcow2', isDiskFormatSaid: false },
        ...{ architecture: 'x86_64', properties: {} },
      },
      expect.objectContaining({ diskFormat: 'raw', checksum: `sha512:${hex('3', 128)}` }),
    ]);
    expect(read(debianSums)).toHaveLength(3);
  });

  it('of Fedora is signed in the clear, in the form of BSD', () => {
    expect(read(fedoraChecksum)).toEqual([
      expect.objectContaining({ name: 'Fedora-Cloud-Base-Generic-42-1.1.x86_64', checksum: `sha256:${hex('e', 64)}` }),
      expect.objectContaining({ name: 'Fedora-Cloud-Base-UEFI-UKI-42-1.1.x86_64', architecture: 'x86_64' }),
    ]);
    expect(() => read(fedoraChecksum.slice(0, 400))).toThrow('it is signed, and its end is missing.');
  });

  it('with builds of one image gives the last of each, and all when all are wanted', () => {
    expect(names(buildsSums)).toEqual([
      'AlmaLinux-9-GenericCloud-9.5-20241120.x86_64',
      'AlmaLinux-9-GenericCloud-9.6-20250601.10.x86_64',
      'AlmaLinux-9-GenericCloud-latest.x86_64',
      'AlmaLinux-9-GenericCloud-9.6-20250522.aarch64',
    ]);
    expect(names(buildsSums, { newest: false })).toHaveLength(6);
  });

  it('is filtered by a pattern of the name, with the extension or without', () => {
    expect(names(debianSums, { name: '*-arm64' })).toEqual(['debian-13-generic-arm64']);
    expect(names(debianSums, { name: '*.QCOW2' })).toEqual(['debian-13-generic-amd64', 'debian-13-generic-arm64']);
  });

  it('gives the strongest of several checksums, and passes over those that nobody can use beside it', () => {
    const lines = [
      `SHA1 (a.iso) = ${hex('1', 40)}`,
      `MD5 (a.iso) = ${hex('2', 32)}`,
      `SHA512 (a.iso) = ${hex('A', 128)}`,
      `SHA2-256 (b.iso) = ${hex('3', 64)}`,
      `SHA256 (a.iso) = ${hex('4', 64)}`,
    ];
    expect(read(lines.join('\r\n'))).toEqual([
      expect.objectContaining({ name: 'a', diskFormat: 'iso', checksum: `sha512:${hex('a', 128)}` }),
    ]);
  });

  it('tells entries that lead out of its directory', () => {
    const lines = ['../up.img', '/etc/x.img', 'sub/fine.img', 'http://h/x.img', 'a b+c.img'];
    const found = read(lines.map((file) => `${hex('1', 64)}  ${file}`).join('\n'));
    expect(found.map((one) => ('problem' in one ? one.problem : one.url))).toEqual([
      'line 1 of the listing leads out of its directory: ../up.img',
      'line 2 of the listing leads out of its directory: /etc/x.img',
      'https://images.example.org/cloud/latest/sub/fine.img',
      'line 4 of the listing leads out of its directory: http://h/x.img',
      'https://images.example.org/cloud/latest/a%20b%2Bc.img',
    ]);
  });

  it.each([
    ['is a page', '<!DOCTYPE html>\n<title>Not here</title>', 'line 1 is no checksum of a file: <!DOCTYPE html>'],
    ['is empty', '\n# nothing\n', 'it has no checksums of files.'],
    ['breaks off', `${hex('1', 64)}  a.img\n${hex('2', 30)}`, 'line 2 is no checksum of a file: 2222'],
    ['has a short one', `${hex('1', 63)}  a.img`, 'line 1 has a checksum of 63 digits'],
    ['has one that is not what it says', `SHA512 (a.img) = ${hex('1', 64)}`, 'line 1 has a checksum of 64 digits'],
    ['has an escape for terminals', '\u001b[2Jx', 'line 1 is no checksum of a file: �[2Jx'],
    ['has a name with an escape of its own', `\\${hex('1', 64)}  a\\nb.img`, 'line 1 is no checksum of a file'],
  ])('that %s is of no use, and it is said why', (_, text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });
});

describe('a pattern of a name', () => {
  it.each([
    ['*', '', true],
    ['', '', true],
    ['a', 'A', true],
    ['a*', 'xa', false],
    ['*a*b', 'aab', true],
    ['*ab*c*', 'xxabyyczz', true],
    ['*ab*c', 'xxabyyczz', false],
    ['a.c', 'abc', false],
    ['a**', 'a', true],
  ])('%j and %j', (pattern, name, expected) => {
    expect(fits(name, pattern)).toBe(expected);
  });

  it('of many stars does not take for ever', () => {
    expect(fits('a'.repeat(5000), `${'a*'.repeat(120)}b`)).toBe(false);
  });
});
