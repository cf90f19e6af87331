import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../domain-error.js';
import type { ImageCommand, LocationChange } from './commands.js';
import { decide } from './decide.js';
import type { ImageEvent } from './events.js';
import { evolve } from './evolve.js';
import { imageStatuses, locationsOf, type Image, type ImageState, type ImageStatus } from './image.js';
import { admin, alice, at, bob, by, found, id, rita, system, type ShortCommand } from './image.spec-kit.js';

const actor = fc.constantFrom(alice, rita, bob, admin, system);
const attempt = fc.constantFrom('a1', 'a2', 'a3');
const task = fc.constantFrom('t1', 't2');
const nth = fc.integer({ min: 1, max: 3 });
const stores = fc.constantFrom(['local'], ['local', 'ceph']);
const member = fc.constantFrom('beta', 'gamma');

const location = fc.record({
  store: fc.constant('web'),
  key: fc.constantFrom('http://h/1', 'http://h/2', 'http://h/3'),
  metadata: fc.constantFrom({}, { said: 'this' }),
  size: fc.constantFrom(null, found.size),
  validation: fc.constantFrom(null, { os_hash_algo: 'sha512', os_hash_value: 'ab'.repeat(64) }),
});
const index = fc.constantFrom(null, 0, 1, 2);
const locationChange: fc.Arbitrary<LocationChange> = fc.oneof(
  fc.record({ op: fc.constant('add-location' as const), index, location }),
  fc.record({ op: fc.constant('replace-locations' as const), locations: fc.array(location, { maxLength: 3 }) }),
  fc.record({ op: fc.constant('remove-location' as const), index }),
);

const commandOf: fc.Arbitrary<ShortCommand> = fc.oneof(
  fc.record({
    type: fc.constant('CreateImage' as const),
    id: fc.constant(id),
    attributes: fc.constantFrom({}, { disk_format: 'raw', container_format: 'bare' }),
  }),
  fc.record({
    type: fc.constant('ChangeImage' as const),
    changes: fc.array(
      fc.oneof(
        fc.record({
          op: fc.constant('replace' as const),
          attribute: fc.constantFrom(
            'visibility',
            'owner',
            'name',
            'disk_format',
            'container_format',
            'protected',
            'p',
          ),
          value: fc.constantFrom('public', 'shared', 'private', 'community', 'raw', 'bare', true, false, null),
        }),
        fc.record({ op: fc.constant('remove' as const), attribute: fc.constantFrom('p', 'name') }),
        fc.record({
          op: fc.constant('add' as const),
          attribute: fc.constantFrom('p', 'disk_format', 'container_format'),
          value: fc.constantFrom('raw', 'bare'),
          mustBeNew: fc.boolean(),
        }),
        locationChange,
      ),
      { maxLength: 3 },
    ),
  }),
  fc.record({ type: fc.constantFrom('AddTag' as const, 'RemoveTag' as const), tag: fc.constantFrom('x', 'y') }),
  fc.record({
    type: fc.constant('StartUpload' as const),
    attempt,
    kind: fc.constantFrom('upload' as const, 'stage' as const),
    store: fc.constant('local'),
    key: fc.string(),
  }),
  fc.record({ type: fc.constant('FailUpload' as const), attempt, reason: fc.constant('x') }),
  fc.record({ type: fc.constant('CompleteUpload' as const), attempt, found: fc.constant(found) }),
  fc.record({
    type: fc.constant('RequestImport' as const),
    task,
    requestId: fc.constant('r'),
    method: fc.constantFrom(
      { name: 'glance-direct' as const },
      { name: 'web-download' as const, uri: 'https://x/' },
      { name: 'copy-image' as const },
    ),
    stores,
    everywhere: fc.boolean(),
    allMustSucceed: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('StartImport' as const),
    task,
    attempt: nth,
    worker: fc.constant('w'),
    key: fc.string(),
  }),
  fc.record({
    type: fc.constant('FailImport' as const),
    task,
    attempt: nth,
    reason: fc.constant('x'),
    retryAt: fc.constantFrom(null, at),
  }),
  fc.record({ type: fc.constant('CancelImport' as const), task, reason: fc.constant('x') }),
  fc.record({ type: fc.constant('RepeatImport' as const), task, requestId: fc.constant('r') }),
  fc.record({
    type: fc.constant('CompleteImportToStore' as const),
    task,
    attempt: nth,
    store: fc.constantFrom('local', 'ceph'),
    found: fc.constant(found),
  }),
  fc.record({
    type: fc.constant('FailImportToStore' as const),
    task,
    attempt: nth,
    store: fc.constantFrom('local', 'ceph'),
    reason: fc.constant('x'),
  }),
  fc.record({ type: fc.constantFrom('DeactivateImage' as const, 'ReactivateImage' as const, 'DeleteImage' as const) }),
  fc.record({ type: fc.constantFrom('AddMember' as const, 'RemoveMember' as const), member }),
  fc.record({
    type: fc.constant('SetMemberStatus' as const),
    member,
    status: fc.constantFrom('accepted' as const, 'rejected' as const, 'pending' as const),
  }),
  fc.record({ type: fc.constant('RemoveDataFromStore' as const), store: fc.constantFrom('local', 'ceph') }),
);
const walk = fc.array(
  fc.tuple(actor, commandOf).map(([who, command]): ImageCommand => by({ ...command, actor: who })),
  { maxLength: 60 },
);

/** Runs the walk; refused commands change nothing. */
function run(
  commands: readonly ImageCommand[],
  visit: (before: ImageState, event: ImageEvent, after: Image) => void,
): ImageState {
  let state: ImageState;
  for (const command of commands) {
    let events: readonly ImageEvent[];
    try {
      events = decide(command, state);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      continue;
    }
    for (const event of events) {
      const after = evolve(state, event, command.at)!;
      visit(state, event, after);
      state = after;
    }
  }
  return state;
}

/** IMAGE-API.md §3, "Transitions". */
const transitions: Readonly<Record<ImageStatus, readonly ImageStatus[]>> = {
  queued: ['saving', 'uploading', 'importing', 'active', 'deleted'],
  saving: ['active', 'deleted', 'queued'],
  uploading: ['importing', 'queued', 'deleted'],
  importing: ['active', 'deleted', 'queued'],
  active: ['deleted', 'deactivated'],
  deactivated: ['active', 'deleted'],
  deleted: [],
};

describe('no sequence of commands', () => {
  it('makes a transition that Glance does not know', () => {
    fc.assert(
      fc.property(walk, (commands) => {
        run(commands, (before, _event, after) => {
          expect(imageStatuses).toContain(after.status);
          if (before && before.status !== after.status) expect(transitions[before.status]).toContain(after.status);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('makes an image active without data, formats and a live object', () => {
    fc.assert(
      fc.property(walk, (commands) => {
        const end = run(commands, () => undefined);
        if (end?.status !== 'active' && end?.status !== 'deactivated') return;
        expect(end.data).not.toBeNull();
        expect(end.disk_format).not.toBeNull();
        expect(end.container_format).not.toBeNull();
        expect(end.blobs.some(({ state }) => state === 'live')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('has two attempts at the data at the same time, or leaves a deleted image an object that is not doomed', () => {
    fc.assert(
      fc.property(walk, (commands) => {
        run(commands, (_before, _event, after) => {
          const writing = after.blobs.filter(({ state }) => state === 'writing');
          expect(new Set(writing.map(({ key }) => key)).size).toBeLessThanOrEqual(1);
          const places = after.blobs.map(({ store, key }) => `${store} ${key}`);
          expect(new Set(places).size).toBe(places.length);
          const written = after.blobs.filter(({ store, state }) => state === 'live' && store !== 'web');
          expect(new Set(written.map(({ store }) => store)).size).toBe(written.length);
          expect(after.upload === null || after.status === 'saving' || after.status === 'uploading').toBe(true);
          if (after.status === 'deleted') expect(after.blobs.every(({ state }) => state === 'doomed')).toBe(true);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('changes anything after the deletion but the purge of what is left', () => {
    fc.assert(
      fc.property(walk, (commands) => {
        run(commands, (before, event) => {
          if (before?.status === 'deleted') expect(event.type).toBe('ImageDataPurged');
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('tells an event whose "from" is not what was there', () => {
    fc.assert(
      fc.property(walk, (commands) => {
        run(commands, (before, event) => {
          if ('status' in event.data) expect(event.data.status.from).toBe(before?.status);
          if (event.type === 'ImageVisibilityChanged') expect(event.data.from).toBe(before?.visibility);
          if (event.type === 'ImageOwnerChanged') expect(event.data.from).toBe(before?.owner);
          if (event.type === 'ImageLocationsChanged') expect(event.data.from).toEqual(locationsOf(before!));
        });
      }),
      { numRuns: 500 },
    );
  });
});
