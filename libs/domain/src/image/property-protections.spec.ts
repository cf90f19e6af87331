import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import { defaultImageLimits } from './attributes.js';
import type { AttributeChange } from './commands.js';
import { decide } from './decide.js';
import { admin, by, create, image } from './image.spec-kit.js';
import type { Actor } from './policy.js';
import { mayOnProperty, noProtections, readableOnly, type PropertyProtection } from './property-protections.js';

const rule = (property: string, create: string, read: string, update: string, remove: string): PropertyProtection => {
  const list = (roles: string) => roles.split(' ').filter((role) => role !== '');
  return {
    property: new RegExp(property),
    roles: { create: list(create), read: list(read), update: list(update), delete: list(remove) },
  };
};
const protections = [
  rule('^x_open', '@', '@', '@', '@'),
  rule('^x_billing_', 'billing', 'billing', 'billing', 'admin'),
  rule('^x_secret$', '@', 'Billing', '@', '@'),
  rule('^x_', 'admin', '@', 'admin billing', '!'),
];
const who = (...roles: string[]): Actor => ({ userId: 'u', projectId: 'alpha', roles });
const member = who('member');
const billing = who('member', 'BILLING');

describe('the first section that fits a name decides', () => {
  it.each<[string, Actor, string, string]>([
    ['x_open', member, 'crud', 'everybody may'],
    ['x_billing_code', member, '', 'the second section, not the last one'],
    ['x_billing_code', billing, 'cru', 'a role whatever its letters are'],
    ['x_billing_code', admin, 'd', 'an admin is one role among others'],
    ['x_other', member, 'r', 'everybody reads'],
    ['x_other', billing, 'ru', 'one of several roles'],
    ['x_other', admin, 'cru', 'nobody deletes'],
    ['my_x_open', admin, '', 'a pattern that is not found'],
    ['os_distro', admin, '', 'no section at all: nobody, not even an admin'],
  ])('%s', (name, actor, allowed, _why) => {
    const operations = ['create', 'read', 'update', 'delete'] as const;
    const may = operations.filter((operation) => mayOnProperty(operation, name, actor, protections));
    expect(may.map((operation) => operation[0]).join('')).toBe(allowed);
    expect(operations.every((operation) => mayOnProperty(operation, name, actor, noProtections))).toBe(true);
  });
});

const refused = (code: DomainErrorCode) => expect.objectContaining({ code });

describe('creating an image', () => {
  it('needs the right to create each of its properties', () => {
    const made = (name: string, actor: Actor) =>
      decide(by({ ...create({ [name]: '1' }), actor }), undefined, defaultImageLimits, protections);
    expect(made('x_open', member)).toHaveLength(1);
    expect(made('x_secret', member)).toHaveLength(1);
    expect(() => made('x_other', member)).toThrow(refused('property-protected'));
    expect(() => made('os_distro', admin)).toThrow(refused('property-protected'));
    expect(made('name', member)).toHaveLength(1);
  });
});

describe('changing an image', () => {
  const before = image(create({ x_open: '1', x_billing_code: '1', x_secret: '1', x_other: '1' }));
  const add = (attribute: string, mustBeNew = false): AttributeChange => ({
    op: 'add',
    attribute,
    value: '2',
    mustBeNew,
  });
  const replace = (attribute: string): AttributeChange => ({ op: 'replace', attribute, value: '2' });
  const remove = (attribute: string): AttributeChange => ({ op: 'remove', attribute });

  it.each<[string, Actor, AttributeChange, DomainErrorCode | 'done']>([
    ['adding a new one is creating', member, add('x_open2'), 'done'],
    ['adding a new one is creating', billing, add('x_billing_new'), 'done'],
    ['adding a new one is creating', member, add('x_new'), 'property-protected'],
    ['adding one that is there is updating', billing, add('x_other'), 'done'],
    ['adding one that is there is updating', member, add('x_other'), 'property-protected'],
    ['replacing is updating', billing, replace('x_other'), 'done'],
    ['replacing is updating', member, replace('x_other'), 'property-protected'],
    ['removing is deleting', member, remove('x_open'), 'done'],
    ['removing is deleting', billing, remove('x_billing_code'), 'property-protected'],
    ['what is missing is missing for those who could see it', member, remove('x_open2'), 'property-missing'],
    ['what is hidden cannot be changed, even with the right to', member, replace('x_secret'), 'property-protected'],
    ['what is hidden cannot be removed, even with the right to', member, remove('x_secret'), 'property-protected'],
    ['what is hidden does not tell that it is there', member, add('x_secret', true), 'property-protected'],
    ['what is hidden does not tell that it is missing', member, replace('x_billing_no'), 'property-protected'],
    ['attributes are no properties', member, { op: 'replace', attribute: 'name', value: 'n' }, 'done'],
    ['tags are no properties', member, { op: 'replace', attribute: 'tags', value: ['t'] }, 'done'],
  ])('%s', (_why, actor, one, outcome) => {
    const run = () =>
      decide(by({ type: 'ChangeImage', actor, changes: [one] }), before, defaultImageLimits, protections);
    if (outcome === 'done') expect(run()).toHaveLength(1);
    else expect(run).toThrow(refused(outcome));
  });
});

it('what is shown loses just the properties that the reader may not read', () => {
  const shown = {
    id: 'i',
    name: 'n',
    tags: [],
    size: 1,
    os_glance_import_task: 't',
    x_other: '1',
    x_secret: '2',
    z: '3',
  };
  const { x_secret: _secret, z: _z, ...rest } = shown;
  expect(readableOnly<unknown>(shown, member, protections)).toEqual(rest);
  expect(readableOnly<unknown>(shown, billing, protections)).toEqual({ ...rest, x_secret: '2' });
  expect(readableOnly<unknown>(shown, member, noProtections)).toEqual(shown);
});
