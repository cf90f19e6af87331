import type { Actor } from '../image/policy.js';
import type { MetadefCommand } from './commands.js';
import { decideMetadef } from './decide.js';
import type { MetadefEvent } from './events.js';
import { evolveMetadef } from './evolve.js';
import type { MetadefNamespace, MetadefState, PropertyDefinition } from './namespace.js';

export const id = '11111111-2222-4333-8444-555555555555';
export const at = new Date('2026-01-02T03:04:05.000Z');
export const later = new Date('2026-01-02T03:05:00.000Z');

const actor = (userId: string, projectId: string | null, ...roles: string[]): Actor => ({ userId, projectId, roles });
export const admin = actor('admin', 'admin', 'admin', 'member', 'reader');
export const alice = actor('alice', 'alpha', 'member', 'reader');
export const rita = actor('rita', 'alpha', 'reader');
export const bob = actor('bob', 'beta', 'member', 'reader');
export const glance = actor('glance', 'service', 'service');
export const system = actor('vitrine', null, 'system');

type Short<C> = C extends MetadefCommand
  ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor; readonly at?: Date }
  : never;
export type ShortCommand = Short<MetadefCommand>;

/** A command by an admin, now, unless it says otherwise. */
export const by = (command: ShortCommand): MetadefCommand => ({ actor: admin, at, ...command });

export const fold = (events: readonly MetadefEvent[], when = at): MetadefState =>
  events.reduce<MetadefState>((state, event) => evolveMetadef(state, event, when), undefined);

/** given(commands).when(command): the events, or the code of the error; .then(command): the namespace after it. */
export function given(...commands: readonly ShortCommand[]) {
  let state: MetadefState;
  for (const command of commands.map(by)) {
    for (const event of decideMetadef(command, state)) state = evolveMetadef(state, event, command.at);
  }
  const before = state;
  const when = (command: ShortCommand) => decideMetadef(by(command), before);
  return {
    when,
    /** The namespace after the command, which came later. */
    then: (command: ShortCommand): MetadefNamespace =>
      when(command).reduce<MetadefState>((now, event) => evolveMetadef(now, event, later), before)!,
  };
}

export const create = (more: Record<string, unknown> = {}): ShortCommand => ({
  type: 'CreateNamespace',
  id,
  given: { namespace: 'OS::Test', ...more },
});

export const definition: PropertyDefinition = { type: 'string', title: 'A title' };
export const disks = { name: 'disks', description: 'of disks', required: ['bus'], properties: { bus: definition } };
/** With one of each kind. */
export const full = (more: Record<string, unknown> = {}): ShortCommand =>
  create({
    objects: [disks],
    properties: { speed: { type: 'integer', title: 'Speed' } },
    tags: [{ name: 'fast' }, { name: 'slow' }],
    resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_' }],
    ...more,
  });
