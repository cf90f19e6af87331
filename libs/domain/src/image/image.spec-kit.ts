import { expect } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import type { ImageCommand } from './commands.js';
import { decide } from './decide.js';
import type { ImageLimits } from './attributes.js';
import type { ImageEvent } from './events.js';
import { evolve } from './evolve.js';
import type { Image, ImageState } from './image.js';
import type { Actor } from './policy.js';

export const id = '11111111-2222-4333-8444-555555555555';
export const at = new Date('2026-01-02T03:04:05.000Z');

const actor = (userId: string, projectId: string, ...roles: string[]): Actor => ({ userId, projectId, roles });
export const alice = actor('alice', 'alpha', 'member', 'reader');
export const rita = actor('rita', 'alpha', 'reader');
export const bob = actor('bob', 'beta', 'member', 'reader');
export const rob = actor('rob', 'beta', 'reader');
export const carol = actor('carol', 'gamma', 'member', 'reader');
export const admin = actor('admin', 'admin', 'admin', 'member', 'reader');
export const glance = actor('glance', 'service', 'service');
export const system: Actor = { userId: 'vitrine', projectId: null, roles: ['system'] };

type Short<C> = C extends ImageCommand ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor } : never;
export type ShortCommand = Short<ImageCommand>;

/** A command by alice, now, unless it says otherwise. */
export const by = (command: ShortCommand): ImageCommand => ({ actor: alice, at, ...command });

export const fold = (events: readonly ImageEvent[]): ImageState =>
  events.reduce<ImageState>((state, event) => evolve(state, event, at), undefined);

/** Runs commands one after the other; the events of all of them. */
export function history(...commands: readonly ShortCommand[]): ImageEvent[] {
  const events: ImageEvent[] = [];
  for (const command of commands) events.push(...decide(by(command), fold(events)));
  return events;
}

export const image = (...commands: readonly ShortCommand[]): Image => fold(history(...commands))!;

/** The error of a rule that forbids something. */
export const refused = (code: DomainErrorCode): unknown => expect.objectContaining({ code });

/** given(commands).when(command): the events, or the code of the error. */
export const given = (...commands: readonly ShortCommand[]) => ({
  when: (command: ShortCommand, limits?: ImageLimits) => decide(by(command), fold(history(...commands)), limits),
});

export const create = (attributes: Record<string, unknown> = {}): ShortCommand => ({
  type: 'CreateImage',
  id,
  attributes: { disk_format: 'raw', container_format: 'bare', ...attributes },
});
export const startUpload: ShortCommand = {
  type: 'StartUpload',
  attempt: 'a1',
  kind: 'upload',
  store: 'local',
  key: `${id}/a1`,
};
export const startStage: ShortCommand = { ...startUpload, kind: 'stage' };
export const found = { size: 4n, md5: 'm', sha512: 's', virtualSize: 4n, format: 'raw' };
export const completeUpload: ShortCommand = { type: 'CompleteUpload', attempt: 'a1', found };
export const active = (attributes: Record<string, unknown> = {}): ShortCommand[] => [
  create(attributes),
  startUpload,
  completeUpload,
];
export const requestDownload: ShortCommand = {
  type: 'RequestImport',
  task: 't1',
  requestId: 'req-1',
  method: { name: 'web-download', uri: 'https://example.org/disk.raw' },
  stores: ['local'],
  everywhere: false,
  allMustSucceed: true,
};
export const startImport = (attempt = 1): ShortCommand => ({
  type: 'StartImport',
  actor: system,
  task: 't1',
  attempt,
  worker: 'w1',
  key: `${id}/t1-${attempt}`,
});
export const completeImport = (attempt = 1, store = 'local'): ShortCommand => ({
  type: 'CompleteImportToStore',
  actor: system,
  task: 't1',
  attempt,
  store,
  found,
});
export const failToStore = (store: string, attempt = 1): ShortCommand => ({
  type: 'FailImportToStore',
  actor: system,
  task: 't1',
  attempt,
  store,
  reason: 'it is full',
});
export const failImport = (retryAt: Date | null, attempt = 1): ShortCommand => ({
  type: 'FailImport',
  actor: system,
  task: 't1',
  attempt,
  reason: 'it broke',
  retryAt,
});
