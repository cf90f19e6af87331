import { describe, expect, it } from '@jest/globals';
import { readKeystoneToken } from './keystone-token.js';

const domain = { id: 'default', name: 'Default' };
const project = { id: 'p1', name: 'alpha', domain };
const tokenText = (changes: object = {}) =>
  JSON.stringify({
    token: {
      methods: ['password'],
      user: { id: 'u1', name: 'alice', domain, password_expires_at: null },
      project,
      is_domain: false,
      roles: [{ id: 'r1', name: 'member' }],
      audit_ids: ['one'],
      issued_at: '2026-01-02T03:04:05.000000Z',
      expires_at: '2026-01-03T03:04:05.000000Z',
      ...changes,
    },
  });
const rolesOf = (...names: string[]) => readKeystoneToken(tokenText({ roles: names.map((name) => ({ name })) }))?.roles;

describe("Keystone's word about a token", () => {
  it('is read: who, for which project, from when to when', () => {
    expect(readKeystoneToken(tokenText())).toEqual({
      ...{ userId: 'u1', userName: 'alice', project: { id: 'p1', name: 'alpha' }, roles: ['member', 'reader'] },
      ...{ issuedAt: new Date('2026-01-02T03:04:05Z'), expiresAt: new Date('2026-01-03T03:04:05Z') },
      endpoints: [],
    });
  });

  it('tells where services are, region by region', () => {
    const one = (region: string | null) => ({
      interface: 'public',
      region_id: region,
      url: `http://${region}.example`,
    });
    const catalog = [{ type: 'image', endpoints: [one('One'), one(null)] }, { type: 'empty' }];
    expect(readKeystoneToken(tokenText({ catalog }))!.endpoints).toEqual([
      { service: 'image', face: 'public', region: 'One', url: 'http://One.example' },
      { service: 'image', face: 'public', region: '', url: 'http://null.example' },
    ]);
  });

  it.each([
    ['admin', ['admin', 'member', 'reader']],
    ['member', ['member', 'reader']],
    ['reader', ['reader']],
    ['service', ['service']],
    ['auditor', ['auditor']],
  ])('gives %s the roles that it implies, also where Keystone does not list them', (role, roles) => {
    expect(rolesOf(role)).toEqual(roles);
  });

  it('lists no role twice, and compares names without case', () => {
    expect(rolesOf('Member', 'READER', 'member')).toEqual(['member', 'reader']);
  });

  it.each(['system', 'System'])('makes nobody Vitrine itself by a role called %s', (role) => {
    expect(rolesOf(role, 'reader')).toEqual(['reader']);
  });

  it.each([
    ['of no scope', { project: undefined, roles: undefined }],
    ['of the system', { project: undefined, system: { all: true } }],
    ['of a domain', { project: undefined, domain }],
  ])('has no project when the token is %s', (_, changes) => {
    expect(readKeystoneToken(tokenText(changes))).toMatchObject({ userId: 'u1', project: undefined });
  });

  it.each([
    ['', ''],
    ['a page of HTML', '<html>welcome</html>'],
    ['JSON that is no token', '{"token":{}}'],
    ['null', 'null'],
    ['an end that is no time', tokenText({ expires_at: 'tomorrow' })],
    ['a user without an id', tokenText({ user: { name: 'alice' } })],
  ])('is none in %s', (_, text) => {
    expect(readKeystoneToken(text)).toBeUndefined();
  });
});
