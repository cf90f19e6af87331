import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { need } from './debian.js';

export interface TestS3 {
  /** as VITRINE_STORES takes it, without a bucket: `s3+http://key:secret@host:port` */
  readonly url: string;
  stop(): Promise<void>;
}

const credentials = { key: 'vitrine-test', secret: 'vitrine-test-secret' };

/** A real S3 on one node: Ceph's monitor, one OSD and the RADOS Gateway, or the service that TEST_S3_URL names. */
export async function startS3(directory: string): Promise<TestS3> {
  const given = process.env.TEST_S3_URL;
  if (given) return { url: given, stop: () => Promise.resolve() };
  const packages = ['radosgw', 'ceph-mon', 'ceph-osd'];
  for (const program of ['radosgw', 'ceph-mon', 'ceph-osd']) need(program, packages, 'TEST_S3_URL');

  for (const part of ['mon', 'osd', 'rgw']) mkdirSync(join(directory, part), { recursive: true });
  const [monitorPort, port] = [await freePort(), await freePort()];
  const configuration = join(directory, 'ceph.conf');
  writeFileSync(configuration, cephConfiguration(directory, monitorPort, port));
  const env = { ...process.env, CEPH_CONF: configuration };
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  const daemons: ChildProcess[] = [];
  const start = (name: string, ...args: string[]) => {
    const output = openSync(join(directory, `${name}.out`), 'w');
    daemons.push(spawn(name, args, { env, stdio: ['ignore', output, output] }));
  };

  const { key, secret } = credentials;
  try {
    const keyring = join(directory, 'keyring');
    const map = join(directory, 'monmap');
    run('ceph-authtool', keyring, '--create-keyring', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    run('monmaptool', '--create', '--clobber', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monitorPort}]`, map);
    run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring);
    start('ceph-mon', '-f', '-i', 'a');
    const osd = randomUUID();
    // A monitor that has just come up, or waits for a busy machine, refuses for a moment; both may be said twice.
    await untilRuns(() => run('ceph', 'osd', 'new', osd));
    await untilRuns(() => run('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=h'));
    run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
    start('ceph-osd', '-f', '-i', '0');
    const user = ['--uid=test', '--display-name=test', `--access-key=${key}`, `--secret=${secret}`];
    run('radosgw-admin', 'user', 'create', ...user);
    start('radosgw', '-f', '-n', 'client.rgw');
    await untilAnswers(`http://127.0.0.1:${port}/`);
  } catch (error) {
    await stopAll(daemons.reverse());
    throw error;
  }
  return { url: `s3+http://${key}:${secret}@127.0.0.1:${port}`, stop: () => stopAll(daemons.reverse()) };
}

const fsid = '7a1c9d52-3f0b-4e86-9d55-0c1b7e0f4a11';

/** Small, without authentication between its parts, everything below one directory. */
function cephConfiguration(directory: string, monitorPort: number, port: number): string {
  const settings = {
    fsid,
    mon_host: `v1:127.0.0.1:${monitorPort}`,
    ms_bind_msgr2: false,
    auth_cluster_required: 'none',
    auth_service_required: 'none',
    auth_client_required: 'none',
    run_dir: directory,
    admin_socket: `${directory}/$name.asok`,
    log_file: `${directory}/$name.log`,
    mon_cluster_log_file: `${directory}/cluster.log`,
    crash_dir: directory,
    keyring: `${directory}/keyring`,
    mon_data: `${directory}/mon`,
    osd_data: `${directory}/osd`,
    rgw_data: `${directory}/rgw`,
    osd_pool_default_size: 1,
    osd_pool_default_min_size: 1,
    osd_pool_default_pg_num: 4,
    osd_pool_default_pgp_num: 4,
    osd_pool_default_pg_autoscale_mode: 'off',
    mon_allow_pool_size_one: true,
    mon_max_pg_per_osd: 2000,
    osd_crush_chooseleaf_type: 0,
    osd_crush_update_on_start: false,
    osd_class_update_on_start: false,
    osd_objectstore: 'bluestore',
    bluestore_block_size: 8 * 2 ** 30,
    bluestore_block_create: true,
    osd_memory_target: 939_524_096,
    // The monitor gathers changes for a second by default: start-up would take ten times as long.
    paxos_propose_interval: 0.05,
    paxos_min_wait: 0.01,
    rgw_frontends: `beast endpoint=127.0.0.1:${port}`,
    rgw_enable_usage_log: false,
    rgw_enable_ops_log: false,
    rgw_run_sync_thread: false,
    ...Object.fromEntries(
      ['mon', 'osd', 'paxos', 'rocksdb', 'bluestore', 'bdev', 'rgw', 'ms'].map((part) => [`debug_${part}`, 0]),
    ),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `[global]\n${lines.join('\n')}\n`;
}

const untilAnswers = (url: string) => untilRuns(() => fetch(url), 600);

/** A monitor that has just started refuses its first questions. */
async function untilRuns(work: () => unknown, tries = 50): Promise<void> {
  for (; ; tries--) {
    try {
      await work();
      return;
    } catch (error) {
      if (tries === 0) throw error;
      await delay(100);
    }
  }
}

async function stopAll(daemons: readonly ChildProcess[]): Promise<void> {
  for (const daemon of daemons) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  }
}
