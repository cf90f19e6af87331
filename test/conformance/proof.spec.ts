import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runAudit, writeSealKey } from '../services/audit.js';
import { eventually, type Client, type EventJson } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { asAdmin } from '../services/database.js';

let directory: string;
let publicFile: string;
let bucket: string;
let world: Awaited<ReturnType<typeof startCloud>>;
let id: string;
let events: EventJson[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-proof-'));
  const key = writeSealKey(directory);
  ({ publicFile } = key);
  bucket = `${process.env.TEST_S3_URL!}/proof-${randomBytes(4).toString('hex')}`;
  const protections = join(directory, 'protections.conf');
  writeFileSync(
    protections,
    '[^x_internal]\ncreate = admin\nread = admin\nupdate = admin\ndelete = admin\n[.*]\ncreate = @\nread = @\nupdate = @\ndelete = @\n',
  );
  world = await startCloud({
    ...{ VITRINE_SEAL_KEY_FILE: key.keyFile, VITRINE_SEAL_SECONDS: '1', VITRINE_PROPERTY_PROTECTION_FILE: protections },
    ...{ VITRINE_SEAL_BUCKET: bucket, VITRINE_SEAL_RETENTION_DAYS: '1', VITRINE_SEAL_RETENTION_MODE: 'governance' },
  });
  const { admin, alice, bob } = world;
  ({ id } = await alice.createImage({ name: 'proven' }));
  await admin.patch(id, [{ op: 'add', path: '/x_internal', value: 'secret' }]);
  await alice.post(`/v2/images/${id}/members`, { member: bob.projectId });
  await alice.post(`/v2/images/${id}/members`, { member: 'elsewhere' });
  await admin.patch(id, [{ op: 'replace', path: '/visibility', value: 'public' }]);
  events = await alice.history(id);
});
afterAll(async () => {
  await world.cloud.remove();
  rmSync(directory, { recursive: true });
});

const ofType = (type: string) => events.find((event) => event.type === type)!;
const proofOf = (who: Client, { position }: EventJson) => who.get(`/vitrine/v1/images/${id}/events/${position}/proof`);
/** Once its segment is sealed. */
const sealedProof = (who: Client, event: EventJson) =>
  eventually(
    () => proofOf(who, event),
    ({ status }) => status !== 409,
    'the proof',
  );
const offline = (...args: readonly string[]) => runAudit({}, args);

describe('a proof of an event', () => {
  it('tells its owner, and whoever has the public key, who made the image public, when and from what, without the service', async () => {
    const event = ofType('ImageVisibilityChanged');
    const { json, text } = await sealedProof(world.alice, event);
    expect(json).toMatchObject({ position: event.position, event: { payload: { from: 'shared', to: 'public' } } });
    const file = join(directory, 'proof.json');
    writeFileSync(file, text);
    const { status, stdout } = offline('check-proof', file, '--public-key', publicFile);
    expect(status).toBe(0);
    expect(stdout).toContain(`proven: position ${event.position} of the log is the event`);
    expect(stdout).toMatch(/type +ImageVisibilityChanged\n/);
    expect(stdout).toContain(`"user_id":"${event.actor.user_id}"`);
    expect(stdout).toContain(event.time);
  });

  it('in which anything was changed, or that another key signed, is not believed', async () => {
    const { text } = await sealedProof(world.alice, ofType('ImageVisibilityChanged'));
    const forged = runAudit(
      {},
      ['check-proof', '-', '--public-key', publicFile],
      text.replace('"public"', '"private"'),
    );
    expect(forged).toMatchObject({ status: 1, stdout: 'not proven: the event is not what its hash was made of\n' });
    const other = join(directory, 'other');
    writeFileSync(other, readFileSync(writeSealKey(mkdtempSync(join(directory, 'k-'))).publicFile));
    const strange = runAudit({}, ['check-proof', '-', '--public-key', other], text);
    expect(strange).toMatchObject({ status: 1, stdout: expect.stringContaining('not among yours') });
  });

  it('is given to a member of its own invitation, and of nothing else', async () => {
    const { bob } = world;
    const [own, others] = events.filter(({ type }) => type === 'ImageMemberAdded');
    const shared = await world.alice.createImage({ name: 'shared' });
    await world.alice.post(`/v2/images/${shared.id}/members`, { member: bob.projectId });
    const [created, added] = await world.alice.history(shared.id);
    const of = (event: EventJson) => bob.get(`/vitrine/v1/images/${shared.id}/events/${event.position}/proof`);
    expect(
      (
        await eventually(
          () => of(added!),
          ({ status }) => status !== 409,
          'the proof',
        )
      ).status,
    ).toBe(200);
    expect(await of(created!)).toMatchObject({ status: 404 });
    // The other image is public by now, and its history not his.
    expect(await proofOf(bob, own!)).toMatchObject({ status: 403 });
    expect(await proofOf(bob, others!)).toMatchObject({ status: 403 });
  });

  it('that would hold a property that the caller may not read is refused, and given to who may', async () => {
    const event = ofType('ImagePropertiesChanged');
    expect(await sealedProof(world.alice, event)).toMatchObject({
      status: 403,
      text: expect.not.stringContaining('secret'),
    });
    expect((await sealedProof(world.admin, event)).text).toContain('secret');
  });

  it('is of an event of that image, at a position', async () => {
    const other = await world.alice.createImage();
    const [created] = await world.alice.history(other.id);
    expect(await proofOf(world.alice, created!)).toMatchObject({ status: 404 });
    expect(await world.alice.get(`/vitrine/v1/images/${id}/events/last/proof`)).toMatchObject({ status: 400 });
  });
});

it('an event that is not sealed yet has none, and the answer says when to ask again', async () => {
  const unsealed = await startCloud();
  try {
    const { alice } = unsealed;
    const image = await alice.createImage();
    const [created] = await alice.history(image.id);
    const answer = await alice.get(`/vitrine/v1/images/${image.id}/events/${created!.position}/proof`);
    expect(answer).toMatchObject({ status: 409, headers: { 'retry-after': '60' } });
    expect(answer.json.detail).toMatch(/not sealed yet.*at most 60 s/);
    expect(await alice.get('/vitrine/v1/audit/key')).toMatchObject({ status: 404 });
    expect(unsealed.cloud.processes[0]!.output).toContain('the log is not sealed: set VITRINE_SEAL_KEY_FILE');
  } finally {
    await unsealed.cloud.remove();
  }
});

describe('checkpoints', () => {
  const list = (query = '') => world.admin.get(`/vitrine/v1/audit/checkpoints${query}`);
  const settings = () => ({ DATABASE_URL: world.cloud.settings.DATABASE_URL });

  it('are listed, newest first, page by page, to whoever reads the whole log', async () => {
    await sealedProof(world.alice, events.at(-1)!);
    const all = (await list('?order=asc')).json as { checkpoints: { last: number }[] };
    expect(all.checkpoints.length).toBeGreaterThan(0);
    const newest = (await list('?limit=1')).json as { checkpoints: { last: number }[]; next: string };
    expect(newest.checkpoints[0]!.last).toBeGreaterThanOrEqual(all.checkpoints.at(-1)!.last);
    const next = (await world.admin.get(newest.next)).json as typeof all;
    expect(next.checkpoints[0]?.last ?? 0).toBeLessThan(newest.checkpoints[0]!.last);
    expect(await world.alice.get('/vitrine/v1/audit/checkpoints')).toMatchObject({ status: 403 });
  });

  it('name the key that everybody can ask for, and that the command prints', async () => {
    const { text } = await world.alice.get('/vitrine/v1/audit/key');
    expect(text).toBe(readFileSync(publicFile, 'utf8'));
    expect(runAudit({ VITRINE_SEAL_KEY_FILE: join(directory, 'seal-key.pem') }, ['key'])).toMatchObject({
      stdout: text,
    });
  });

  it('may be signed with a key that the command makes once, for nobody else to read', () => {
    const file = join(directory, 'made', 'seal-key.pem');
    const key = (...args: string[]) => runAudit({ VITRINE_SEAL_KEY_FILE: file }, ['key', ...args]);
    expect(key()).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be read') });
    const { stdout } = key('--make');
    expect(stdout).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect([key('--make').stdout, key().stdout]).toEqual([stdout, stdout]);
  });

  it('are events that auditors find, and owners of images do not', async () => {
    const found = async (who: Client) =>
      ((await who.get('/vitrine/v1/events?type=LogSealed')).json.events as unknown[]).length;
    await eventually(
      () => found(world.admin),
      (count) => count > 0,
      'seals in the history',
    );
    expect(await found(world.alice)).toBe(0);
  });

  it('kept by hand or in the bucket agree with the log, and with its export, which needs no database', async () => {
    const kept = join(directory, 'checkpoints.json');
    writeFileSync(kept, (await list()).text);
    const key = ['--public-key', publicFile];
    const verified = runAudit(settings(), ['verify', ...key, '--checkpoints', kept]);
    expect(verified).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /sealed up to position \d+ by \d+ checkpoints?\nsigned with the key [0-9a-f]{64}\nin agreement with \d+ checkpoints? kept outside/,
      ),
    });
    const copied = () => runAudit(settings(), ['verify', ...key, '--checkpoints', bucket]);
    expect(
      await eventually(
        () => Promise.resolve(copied()),
        ({ status }) => status === 0,
        'the bucket',
      ),
    ).toMatchObject({
      stdout: expect.stringContaining('kept outside'),
    });
    const folder = join(directory, 'export');
    expect(runAudit(settings(), ['export', folder])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^exported positions 1 to/),
    });
    expect(offline('verify', '--export', folder, ...key, '--checkpoints', kept)).toMatchObject({ status: 0 });
  });

  it('kept outside find a tail that was cut off', async () => {
    const kept = join(directory, 'kept.json');
    const { checkpoints } = (await list('?limit=1')).json as { checkpoints: { last: number }[] };
    writeFileSync(kept, JSON.stringify(checkpoints[0]));
    await world.cloud.processes[0]!.stop();
    const end = checkpoints[0]!.last - 2;
    await asAdmin(
      settings().DATABASE_URL!,
      `alter table events disable trigger all; delete from events where position > ${end}`,
    );
    expect(runAudit(settings(), ['verify'])).toMatchObject({ status: 0 });
    expect(runAudit(settings(), ['verify', '--checkpoints', kept])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`position ${end + 1}: missing: the log ends before it`),
    });
  });
});
