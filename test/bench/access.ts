import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { VitrineProcess } from '../services/vitrine.js';
import { freePort } from '../services/free-port.js';
import type { Cloud } from '../services/cloud.js';
import { cpuMs, paired, type Row } from './measure.js';
import type { Setting } from './setting.js';
import { load } from './wrk.js';

/** Many short ones: what the machine does meanwhile, and V8's tidying up, differ by more than what is looked for. */
const rounds = 80;
/** of one measurement */
const seconds = 1;
const imageBytes = 4 << 20;
const twoApis = fileURLToPath(new URL('./two-apis.js', import.meta.url));

/** What the access log costs the API: CPU of a show and of a download with it, and without it in the same process. */
export async function access(setting: Setting): Promise<Row[]> {
  const cloud = await setting.newCloud();
  const apis = await start(cloud);
  const { id } = await apis.logged.createActive(randomBytes(imageBytes));
  const row = { unit: 'CPU µs', reference: 'without it', target: { atMost: 1.03 } } as const;
  const compare = (path: string) =>
    paired(
      rounds,
      () => apis.cpuOf(() => load(apis.logged, path, seconds)),
      () => apis.cpuOf(() => load(apis.unlogged, path, seconds)),
    );
  return [
    { ...row, what: 'show, with the access log', ...(await compare(`/v2/images/${id}`)) },
    { ...row, what: 'download of 4 MiB, with the access log', ...(await compare(`/v2/images/${id}/file`)) },
  ];
}

async function start(cloud: Cloud) {
  // Whoever is first makes the users, and both have to know the same ones.
  const first = cloud.run('api');
  await first.ready();
  await first.stop();
  const ports = [await freePort(), await freePort()] as const;
  const settings = (['yes', 'no'] as const).map((VITRINE_ACCESS_LOG, index) => ({
    VITRINE_ACCESS_LOG,
    VITRINE_PORT: String(ports[index]),
  }));
  const both = new VitrineProcess('api', cloud.settings, [twoApis, JSON.stringify(settings)]);
  cloud.processes.push(both);
  const [logged, unlogged] = await Promise.all(
    ports.map(async (port) => {
      const url = `http://127.0.0.1:${port}`;
      await both.said((line) => line.msg === 'ready' && line.url === url);
      return cloud.as('alice', url);
    }),
  );
  return {
    logged: logged!,
    unlogged: unlogged!,
    /** microseconds a request */
    cpuOf: async (requests: () => Promise<number>) => {
      const before = cpuMs(both.pid);
      const answered = await requests();
      return (1000 * (cpuMs(both.pid) - before)) / answered;
    },
  };
}
