import { randomBytes } from 'node:crypto';
import type { Cloud } from '../services/cloud.js';
import { cpuMs, median, paired, type Row } from './measure.js';
import type { Setting } from './setting.js';
import { load } from './wrk.js';

/** Two processes of one program differ by some percent, for as long as they live: so many pairs of them are compared. */
const pairs = 3;
/** of a second each: what else runs on the machine is then the same for both */
const rounds = 12;
const imageBytes = 4 << 20;

type Measured = Awaited<ReturnType<typeof paired>>;

/** What the access log costs the API: CPU of a show and of a download with it, and in a process beside without it. */
export async function access(setting: Setting): Promise<Row[]> {
  const cloud = await setting.newCloud();
  const shows: Measured[] = [];
  const downloads: Measured[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const [ours, reference] = [await start(cloud, 'yes'), await start(cloud, 'no')];
    const { id } = await ours.alice.createActive(randomBytes(imageBytes));
    const compare = (path: string) => paired(rounds, ours.costs(path), reference.costs(path));
    shows.push(await compare(`/v2/images/${id}`));
    downloads.push(await compare(`/v2/images/${id}/file`));
    for (const { api } of [ours, reference]) await api.kill();
  }
  const row = { unit: 'CPU µs', reference: 'without it', target: { atMost: 1.03 } } as const;
  return [
    { ...row, what: 'show, with the access log', ...middle(shows) },
    { ...row, what: 'download of 4 MiB, with the access log', ...middle(downloads) },
  ];
}

async function start(cloud: Cloud, accessLog: 'yes' | 'no') {
  const api = cloud.run('api', { VITRINE_ACCESS_LOG: accessLog });
  const alice = await cloud.as('alice', await api.ready());
  /** CPU microseconds a request */
  const costs = (path: string) => () => {
    const before = cpuMs(api.pid);
    const requests = load(alice, path, 1);
    return Promise.resolve((1000 * (cpuMs(api.pid) - before)) / requests);
  };
  return { api, alice, costs };
}

function middle(measured: readonly Measured[]): Measured {
  const of = (what: keyof Measured) => median(measured.map((one) => one[what]));
  return { value: of('value'), referenceValue: of('referenceValue'), ratio: of('ratio') };
}
