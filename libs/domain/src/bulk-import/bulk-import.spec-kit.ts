import { expect } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import type { Actor } from '../image/policy.js';
import type { BulkImport, BulkImportState } from './bulk-import.js';
import type { BulkImportCommand } from './commands.js';
import { decideBulkImport } from './decide.js';
import type { BulkImportEvent } from './events.js';
import { evolveBulkImport } from './evolve.js';

export const id = '11111111-2222-4333-8444-555555555555';
export const at = new Date('2026-01-02T03:04:05.000Z');

const actor = (userId: string, projectId: string, ...roles: string[]): Actor => ({ userId, projectId, roles });
export const alice = actor('alice', 'alpha', 'member', 'reader');
export const rita = actor('rita', 'alpha', 'reader');
export const bob = actor('bob', 'beta', 'member', 'reader');
export const admin = actor('admin', 'admin', 'admin', 'member', 'reader');

type Short<C> = C extends BulkImportCommand
  ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor; readonly at?: Date }
  : never;
export type ShortCommand = Short<BulkImportCommand>;

const by = (command: ShortCommand): BulkImportCommand => ({ actor: alice, at, ...command });

export function history(...commands: readonly ShortCommand[]): { events: BulkImportEvent[]; state: BulkImportState } {
  const events: BulkImportEvent[] = [];
  let state: BulkImportState;
  for (const command of commands.map(by)) {
    for (const event of decideBulkImport(command, state)) {
      state = evolveBulkImport(state, event, command.at);
      events.push(event);
    }
  }
  return { events, state };
}

export const bulkImport = (...commands: readonly ShortCommand[]): BulkImport => history(...commands).state!;

export const given = (...commands: readonly ShortCommand[]) => ({
  when: (command: ShortCommand) => decideBulkImport(by(command), history(...commands).state),
});

export const refused = (code: DomainErrorCode): unknown => expect.objectContaining({ code });

export const request: ShortCommand = {
  type: 'RequestBulkImport',
  ...{ id, items: 3, concurrency: 4, attempts: 5, onError: 'stop', digest: 'd1' },
};
export const accept: ShortCommand = { type: 'AcceptBulkImport' };
export const pause: ShortCommand = { type: 'PauseBulkImport' };
export const resume: ShortCommand = { type: 'ResumeBulkImport' };
export const cancel: ShortCommand = { type: 'CancelBulkImport', reason: 'no more' };
export const stop: ShortCommand = { type: 'StopBulkImport', line: 2, imageId: id, reason: 'HTTP 404' };
export const retry: ShortCommand = { type: 'RetryBulkImport', items: 2 };
export const finish: ShortCommand = { type: 'FinishBulkImport', result: { done: 2, failed: 1, cancelled: 0 } };
