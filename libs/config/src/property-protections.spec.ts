import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-protections-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function read(text: string) {
  const file = join(directory, 'protections.conf');
  writeFileSync(file, text);
  return readConfig({ VITRINE_PROPERTY_PROTECTION_FILE: file }).propertyProtections;
}

const whole = 'create = @\nread = @\nupdate = @\ndelete = !\n';

describe('the file of property protections', () => {
  it('is read in its order, with names that are no paths and numbers that do not move', () => {
    const text = `\uFEFF# comment\r\n[^x_a.b[0-9]$]\r\ncreate = admin, member\r\nRead: @\r\nupdate =\r\ndelete=!\r\n; more\r\n`;
    expect(read(`${text}[.*]\n${whole}[10]\n${whole}`)).toEqual([
      { property: /^x_a.b[0-9]$/, roles: { create: ['admin', 'member'], read: ['@'], update: [], delete: ['!'] } },
      { property: /.*/, roles: { create: ['@'], read: ['@'], update: ['@'], delete: ['!'] } },
      { property: /10/, roles: { create: ['@'], read: ['@'], update: ['@'], delete: ['!'] } },
    ]);
  });

  it('is none where none is named', () => {
    expect(readConfig({}).propertyProtections).toEqual([]);
  });

  it.each([
    ['a missing key', '[x]\ncreate = @\nread = @\nupdate = @\n', /section \[x\]: delete is missing/],
    ['an unknown key', `[x]\n${whole}destroy = @\n`, /section \[x\]: destroy is not one of create, read/],
    ['everybody and nobody', `[x]\n${whole.replace('read = @', 'read = @, !')}`, /section \[x\]: read cannot be @/],
    ['a key twice', `[x]\n${whole}read = @\n`, /section \[x\]: read is there twice/],
    ['a section twice', `[x]\n${whole}[x]\n${whole}`, /section \[x\] is on line 1 and again on line 6/],
    ['no regular expression', `[x(]\n${whole}`, /section \[x\(\]: its name is no regular expression/],
    ['a key before the sections', whole, /line 1: create stands before the first section/],
    ['anything else', `[x]\n${whole}hello\n`, /line 6 is neither/],
    ['nothing', '# only a comment\n', /has no section/],
  ])('with %s is refused by the name of the place', (_what, text, message) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(/VITRINE_PROPERTY_PROTECTION_FILE .*protections\.conf/);
  });

  it('that is not there is refused, too', () => {
    const missing = { VITRINE_PROPERTY_PROTECTION_FILE: join(directory, 'nowhere.conf') };
    expect(() => readConfig(missing)).toThrow(/VITRINE_PROPERTY_PROTECTION_FILE cannot be read: ENOENT.*nowhere\.conf/);
  });
});
