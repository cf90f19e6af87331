import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, type Answer, type Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

const steps = Number(process.env.TEST_WALK_STEPS ?? 300);
const actors = ['admin', 'alice', 'bob'] as const;
const watchers = ['admin', 'alice', 'rita', 'bob'] as const;
type Actor = (typeof actors)[number];

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = randomFrom(6);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

interface Saved {
  readonly position: number;
  /** what each image's GET answered; the bytes, and the ETag */
  readonly images: ReadonlyMap<string, readonly [status: number, text: string, etag: string | undefined]>;
  /** ids that each watcher's list had */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

const ids: string[] = [];
const seen = (answer: Answer) =>
  [
    answer.status,
    answer.status === 200 ? answer.text : '',
    answer.status === 200 ? answer.headers.etag : undefined,
  ] as const;
const named = (name: string, value: unknown) => [{ op: 'add', path: `/${name}`, value }];
const idsIn = ({ images }: Answer) => images.map(({ id }) => id).sort();

/** One command of a random kind by a random actor; most are accepted, and what is refused changes nothing. */
async function step(n: number): Promise<string> {
  const actor: Actor = pick(actors);
  const who = world[actor];
  if (ids.length === 0 || (ids.length < 60 && random() < 0.12)) {
    const { id } = await who.createImage({ name: `image ${n}`, visibility: pick(['shared', 'private']), p: `${n}` });
    ids.push(id);
    return id;
  }
  const id = pick(ids.slice(-12));
  const members = `/v2/images/${id}/members`;
  const [projects, visibilities] = [
    [world.alice.projectId, world.bob.projectId],
    ['public', 'shared', 'community'],
  ];
  const commands: readonly (() => Promise<Answer>)[] = [
    () => who.patch(id, named('name', `renamed ${n}`)),
    () => who.patch(id, named(`p${pick(['a', 'b'])}`, `${n}`)),
    () => who.patch(id, [{ op: 'remove', path: '/p' }]),
    () => who.patch(id, named('os_hidden', random() < 0.3)),
    () => who.put(`/v2/images/${id}/tags/t${n % 5}`),
    () => who.delete(`/v2/images/${id}/tags/t${n % 5}`),
    () => who.upload(id, Buffer.from(`data ${n}`)),
    () => who.post(`/v2/images/${id}/actions/${pick(['deactivate', 'reactivate'])}`),
    () => world.admin.patch(id, named('visibility', pick(visibilities))),
    () => world.admin.patch(id, named('owner', pick(projects))),
    () => who.post(members, { member: pick(projects) }),
    () => who.put(`${members}/${who.projectId}`, { status: pick(['accepted', 'rejected']) }),
    () => who.delete(`${members}/${pick(projects)}`),
    () => (random() < 0.3 ? who.delete(`/v2/images/${id}`) : who.patch(id, named('visibility', 'private'))),
  ];
  await pick(commands)();
  return id;
}

async function headOf(id: string): Promise<number> {
  return Number((await world.admin.get(`/vitrine/v1/images/${id}/history?limit=1`)).json.position);
}

/** Every page of a list of the past, each of them true for the same position. */
async function pastList(who: Client, position: number): Promise<string[]> {
  const found: string[] = [];
  for (let next: unknown = `/vitrine/v1/images?as_of=${position}&limit=7`; typeof next === 'string';) {
    const page = await who.get(next);
    expect(page.json.position).toBe(position);
    found.push(...idsIn(page));
    next = page.json.next;
  }
  return found;
}

/** Those that he may see today, and those whose whole history he reads, which are the ones that he may compare. */
async function mayLookBack(who: Client, images: readonly string[]): Promise<string[]> {
  const asked = images.map(async (id) => {
    const answers = [who.get(`/v2/images/${id}`), who.get(`/vitrine/v1/images/${id}/diff?from=0&to=1`)];
    return (await Promise.all(answers)).some(({ status }) => status === 200);
  });
  const open = await Promise.all(asked);
  return images.filter((_, index) => open[index]);
}

it('after a random walk, every image as of every position is what GET answered there, and lists are what they were', async () => {
  const saved: Saved[] = [];
  let images: Saved['images'] = new Map();
  for (let n = 0; n < steps; n++) {
    const id = await step(n);
    // Purges come behind a deletion, in their own time: they add positions that change nothing that is seen.
    images = new Map([...images, [id, seen(await world.admin.get(`/v2/images/${id}`))]]);
    const listed = n % 20 === 19 ? watchers : [];
    const lists = listed.map(async (name) => [name, idsIn(await world[name].get('/v2/images?limit=1000'))] as const);
    saved.push({ position: await headOf(id), images, lists: Object.fromEntries(await Promise.all(lists)) });
  }

  for (const { position, images: then } of saved) {
    const asked = [...then].map(async ([id, state]) => {
      const answer = await world.admin.get(`/vitrine/v1/images/${id}/as-of?position=${position}`);
      return [
        { id, position, state: seen(answer) },
        { id, position, state },
      ] as const;
    });
    const compared = await Promise.all(asked);
    expect(compared.map(([past]) => past)).toEqual(compared.map(([, state]) => state));
  }

  // Who saw an image in a list then sees it there still if he may see it, or read its history, today; nobody sees more.
  const sampled = saved.filter(({ lists }) => Object.keys(lists).length > 0);
  for (const { position, lists } of sampled) {
    for (const name of watchers) {
      const open = await mayLookBack(world[name], lists[name]!);
      expect({ name, position, past: await pastList(world[name], position) }).toEqual({ name, position, past: open });
    }
  }
  expect(sampled.flatMap(({ lists }) => lists.bob!).length).toBeGreaterThan(0);

  const { position } = saved.at(-1)!;
  const search = async () => Number((await world.admin.get('/vitrine/v1/events?limit=1')).json.position);
  await eventually(search, (reached) => reached >= position, 'the searchable history');
}, 600_000);
