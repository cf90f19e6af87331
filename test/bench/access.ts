import { randomBytes } from 'node:crypto';
import type { Cloud } from '../services/cloud.js';
import { cpuMs, median, type Row } from './measure.js';
import type { Setting } from './setting.js';
import { load } from './wrk.js';

/** Two processes of one program differ by some percent, for as long as they live: so many pairs of them are compared. */
const pairs = 12;
const rounds = 2;
const imageBytes = 4 << 20;

type Measured = Pick<Row, 'value' | 'referenceValue' | 'ratio'>;
type Costs = (path: string) => Promise<number>;

/** What the access log costs the API: CPU of a show and of a download with it, and in a process beside without it. */
export async function access(setting: Setting): Promise<Row[]> {
  const cloud = await setting.newCloud();
  const shows: Measured[] = [];
  const downloads: Measured[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Both have lived the same life, and each is as often the older one.
    const settings = pair % 2 === 0 ? (['yes', 'no'] as const) : (['no', 'yes'] as const);
    const started = [await start(cloud, settings[0]), await start(cloud, settings[1])] as const;
    const [ours, reference] = pair % 2 === 0 ? started : [started[1], started[0]];
    await reference.alice.createActive(randomBytes(imageBytes));
    const { id } = await ours.alice.createActive(randomBytes(imageBytes));
    shows.push(...(await together(`/v2/images/${id}`, ours.costs, reference.costs)));
    downloads.push(...(await together(`/v2/images/${id}/file`, ours.costs, reference.costs)));
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
  const costs: Costs = async (path) => {
    const before = cpuMs(api.pid);
    const requests = await load(alice, path, 3);
    return (1000 * (cpuMs(api.pid) - before)) / requests;
  };
  return { api, alice, costs };
}

/** Both at once, so that what else the machine does is the same for both; the first round is not counted. */
async function together(path: string, ours: Costs, reference: Costs): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let round = 0; round <= rounds; round++) {
    const [value, referenceValue] = await Promise.all([ours(path), reference(path)]);
    if (round > 0) measured.push({ value, referenceValue, ratio: value / referenceValue });
  }
  return measured;
}

function middle(measured: readonly Measured[]): Measured {
  const of = (what: keyof Measured) => median(measured.map((one) => one[what]));
  return { value: of('value'), referenceValue: of('referenceValue'), ratio: of('ratio') };
}
