import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/services/client.js';
import { startCloud } from '../../../../test/services/cloud.js';
import { need } from '../../../../test/services/debian.js';
import { scratchDirectory } from '../../../../test/services/scratch.js';
import { startWebServer, type WebServer } from '../../../../test/services/web-server.js';
import { Cli } from './bulk-import.spec-kit.js';

let web: WebServer;
let cloud: Awaited<ReturnType<typeof startCloud>>;
let cli: Cli;
let directory: string;
/** answers that are kept back until somebody lets them go */
const held: ServerResponse[] = [];
const bytes = Buffer.from('not much of a disk');
const sha256 = createHash('sha256').update(bytes).digest('hex');
beforeAll(async () => {
  web = await startWebServer(({ url, method }, answer) => {
    if (url!.includes('missing')) return answer.writeHead(404).end();
    if (url!.endsWith('SHA256SUMS')) {
      return answer.end(`${sha256} *sums-1-amd64.img\n${sha256} *sums-2-arm64.img\n`);
    }
    if (url!.includes('held') && method === 'GET') return void held.push(answer);
    answer.setHeader('content-length', bytes.length);
    answer.end(method === 'HEAD' ? undefined : bytes);
  });
  cloud = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: `80,443,${web.port}`, VITRINE_IMPORT_ATTEMPTS: '1' });
  cli = new Cli(cloud.cloud);
  directory = scratchDirectory('bulk-import-cli');
});
afterEach(() => {
  for (const answer of held.splice(0)) answer.end(bytes);
});
afterAll(async () => {
  for (const child of cli.started) child.kill('SIGKILL');
  await cloud.cloud.remove();
  await web.stop();
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
const csv = (name: string, ...files: string[]) =>
  file(`${name}.csv`, `name,url,disk_format\n${files.map((one) => `${name},${web.url}/${one},raw\n`).join('')}`);
const idIn = (text: string) => /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(text)![0];

describe('vitrine bulk-import FILE', () => {
  it('takes a table, watches it to the end and tells how it was', async () => {
    const { code, stdout, stderr } = await cli.run(csv('fine', 'a', 'b', 'c'), '--watch', '--concurrency', '2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const id = idIn(stdout);
    expect(stdout.split('\n')).toEqual([
      `bulk import ${id}: 3 images`,
      `bulk import  ${id}`,
      'status       finished',
      'total        3',
      'done         3',
      'bytes        54 bytes',
      '',
    ]);
    expect((await cloud.alice.get('/v2/images?name=fine&status=active')).images).toHaveLength(3);
    expect((await cloud.alice.get(`/vitrine/v1/bulk-imports/${id}`)).json).toMatchObject({ concurrency: 2 });
  });

  it('ends with 1 and says why when an image failed', async () => {
    const { code, stdout } = await cli.run(csv('some', 'a', 'missing'), '--watch');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\nfailed {7}1\n/);
    expect(stdout).toMatch(/\nline {2}image {33}why it failed\n3 {5}[0-9a-f-]{36} {2}The server answered 404\.\n$/);
  });

  it('takes lines of JSON and JSON with options that the command line has the last word about', async () => {
    const item = { name: 'json', url: `${web.url}/a` };
    const lines = file('items.ndjson', `${JSON.stringify(item)}\n`);
    const defaults = ['--defaults', '{"disk_format":"raw"}'];
    expect(await cli.run(lines, '--watch', ...defaults)).toMatchObject({ code: 0 });
    const body = { items: [item], defaults: { disk_format: 'iso' }, concurrency: 3 };
    const { code, stdout } = await cli.run(file('body.json', JSON.stringify(body)), ...defaults, '--on-error', 'stop');
    expect(code).toBe(0);
    expect(stdout).toContain('watch it by: vitrine bulk-import status ');
    const { json } = await cloud.alice.get(`/vitrine/v1/bulk-imports/${idIn(stdout)}`);
    expect(json).toMatchObject({ concurrency: 3, on_error: 'stop' });
  });

  it('takes what comes in', async () => {
    const running = cli.start('-', '--format', 'csv', '--watch', '--json');
    running.child.stdin!.end(`name,url,disk_format\npiped,${web.url}/a,raw\n`);
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  it('tells programs everything, a line each', async () => {
    const { code, lines } = await cli.run(csv('lines', 'a', 'missing'), '--watch', '--json');
    expect(code).toBe(1);
    expect(lines[0]).toMatchObject({ event: 'accepted', bulk_import: { items: { total: 2 } } });
    expect(lines.at(-1)).toMatchObject({
      ...{ event: 'result', bulk_import: { status: 'finished', items: { done: 1, failed: 1 } } },
      failed: [{ line: 3, reason: 'The server answered 404.' }],
    });
  });

  it('names everything that cannot be used, makes nothing and ends with 2', async () => {
    const bad = file(
      'bad.csv',
      `name,url,disk_format\none,${web.url}/a,floppy\ntwo,file:///x,raw\nthree,${web.url}/a,raw\n`,
    );
    const { code, stdout, stderr } = await cli.run(bad);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('2 of 3 items cannot be used; nothing was made. (400)');
    expect(stderr).toMatch(
      /\nline {2}field {8}problem\n2 {5}disk_format {2}.*\n3 {5}url {10}Scheme file: is not allowed/,
    );
    const { code: again, lines } = await cli.run(bad, '--json');
    expect(again).toBe(2);
    expect(lines).toMatchObject([{ event: 'refused', invalid: [{ line: 2 }, { line: 3 }] }]);
  });

  it('tries it out', async () => {
    const { code, stdout } = await cli.run(csv('dry', 'a', 'b'), '--dry-run');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'dry run: 2 images can be imported, 36 bytes; nothing was made\n',
    });
    expect((await cloud.alice.get('/v2/images?name=dry')).images).toEqual([]);
  });

  it('is one bulk import with one key', async () => {
    const run = () => cli.run(csv('key', 'a'), '--idempotency-key', 'cli', '--json');
    const [first, second] = [await run(), await run()];
    expect(second.code).toBe(0);
    expect(idIn(first.stdout)).toBe(idIn(second.stdout));
  });

  it('ends with 2 without a stack when it is told something that means nothing', async () => {
    const table = csv('usage', 'a');
    const none = join(directory, 'none.csv');
    for (const [args, message] of [
      [[], 'there is no FILE or URL'],
      [[table, table], 'there is more than one FILE or URL'],
      [[none], 'ENOENT'],
      [[file('what.txt', '')], 'say by --format'],
      [[file('no.json', '{')], 'no.json is no JSON'],
      [[table, '--speed', '1'], "Unknown option '--speed'"],
      [[table, '--concurrency', 'many'], '--concurrency is a number, not many'],
      [[table, '--release', 'noble'], '--release is for a URL'],
      [['https://example.org/images'], 'say by --source'],
      [['https://example.org/v2'], 'say whose image service it is'],
      [['https://example.org/SHA256SUMS', '--filter', 'a=b'], '--filter is not for sums'],
      [['status'], 'status takes the id of one bulk import'],
      [['status', 'x'], 'x is no id of a bulk import'],
      [['cancel', '00000000-0000-4000-8000-000000000000'], 'No bulk import found with ID'],
      [['status', '00000000-0000-4000-8000-000000000000', '--dry-run'], '--dry-run is for a new bulk import'],
      [[table, '--os-cloud', 'nobody'], 'there is no cloud nobody in clouds.yaml; there are: admin, alice'],
    ] as const) {
      const { code, stdout, stderr } = await cli.run(...args);
      expect({ args, code, stdout, stderr }).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(message),
      });
      expect(stderr).not.toContain('    at ');
    }
    expect(await cli.run('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('usage: vitrine bulk-import FILE'),
    });
  }, 60_000);

  it('says that it is not let in, and that nobody is there', async () => {
    const keystone = {
      OS_CLOUD: '',
      OS_AUTH_URL: `${cloud.url}/identity/v3`,
      OS_USERNAME: 'alice',
      OS_PASSWORD: 'wrong',
    };
    const table = csv('who', 'a');
    const env = (more: Record<string, string>) => new Cli(cloud.cloud, { ...keystone, ...more }).run(table);
    expect(await env({})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not take the credentials (401)'),
    });
    const nobody = await env({ OS_AUTH_URL: 'http://127.0.0.1:1/v3' });
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('127.0.0.1:1 cannot be reached') });
    expect(await env({ OS_PASSWORD: cloud.cloud.password('alice') })).toMatchObject({ code: 0 });
    expect(await env({ OS_TOKEN: cloud.alice.token!, OS_PASSWORD: '' })).toMatchObject({ code: 0 });
  });
});

describe('vitrine bulk-import URL', () => {
  it('brings what a listing names, by the options of a source', async () => {
    const options = ['--watch', '--json', '--defaults', '{"disk_format":"raw"}', '--arch', 'amd64', '--name', 'sums-*'];
    const { code, lines } = await cli.run(`${web.url}/SHA256SUMS`, ...options);
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ bulk_import: { items: { total: 1, done: 1 } } });
    expect((await cloud.alice.get('/v2/images?name=sums-1-amd64')).images).toMatchObject([{ status: 'active' }]);
  });

  it('names the listing that is of no use', async () => {
    const { code, stderr } = await cli.run(`${web.url}/missing/SHA256SUMS`);
    expect(code).toBe(2);
    expect(stderr).toContain(`${web.url}/missing/SHA256SUMS cannot be used: The server answered 404. (400)`);
  });

  it('brings the images of another cloud with its own credentials', async () => {
    await cloud.bob.createActive(bytes, { name: 'of-bob', tags: ['moving'] });
    const allowed = { VITRINE_IMPORT_ALLOWED_PORTS: new URL(cloud.url).port };
    const other = await startCloud(allowed);
    try {
      const clouds = { OS_CLIENT_CONFIG_FILE: file('both.yaml', bothClouds(other.url, other.cloud.password('alice'))) };
      const both = new Cli(other.cloud, { ...clouds, OS_CLOUD: 'target' });
      const { code, stdout, stderr } = await both.run('--source-cloud', 'origin', '--filter', 'tag=moving', '--watch');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('done         1');
      expect((await other.alice.get('/v2/images?name=of-bob')).images).toMatchObject([
        { status: 'active', tags: ['moving'] },
      ]);
    } finally {
      await other.cloud.remove();
    }
  });

  function bothClouds(url: string, password: string): string {
    const auth = (at: string, user: string, secret: string) =>
      JSON.stringify({ auth: { auth_url: `${at}/identity/v3`, username: user, password: secret } });
    return `clouds:\n  target: ${auth(url, 'alice', password)}\n  origin: ${auth(cloud.url, 'bob', cloud.cloud.password('bob'))}\n`;
  }
});

describe('vitrine bulk-import status, pause, resume, cancel and retry', () => {
  it('do what they say', async () => {
    const { stdout } = await cli.run(csv('steps', 'held-1', 'held-2', 'missing'), '--concurrency', '1', '--json');
    const id = idIn(stdout);
    expect(await cli.run('pause', id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('status       paused\n'),
    });
    expect(await cli.run('resume', id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('status       running\n'),
    });
    const status = await cli.run('status', id, '--json');
    expect(status).toMatchObject({ code: 0, lines: [{ event: 'result', bulk_import: { id, status: 'running' } }] });
    expect(await cli.run('cancel', id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('status       cancelled: it was cancelled\n'),
    });
    const retried = cli.start('retry', id, '--watch', '--json');
    await retried.said('"running"');
    const letGo = setInterval(() => held.splice(0).forEach((answer) => answer.end(bytes)), 50);
    const end = await retried.ended;
    clearInterval(letGo);
    expect(end).toMatchObject({ code: 1 });
    expect(end.lines.at(-1)).toMatchObject({ bulk_import: { items: { done: 2, failed: 1 } } });
  });
});

describe('watching', () => {
  it('ends at Ctrl-C, leaves the import running and says how to watch it again', async () => {
    const running = cli.start(csv('ctrl-c', 'held'), '--watch', '--os-cloud', 'alice');
    await running.said('1 images');
    running.child.kill('SIGINT');
    const { code, stderr, stdout } = await running.ended;
    const id = idIn(stdout);
    expect(code).toBe(130);
    expect(stderr).toBe(
      `\nvitrine bulk-import: the import goes on; watch it by: vitrine bulk-import status ${id} --watch --os-cloud alice\n`,
    );
    const again = cli.start('status', id, '--watch', '--json');
    await again.said('"running"');
    for (const answer of held.splice(0)) answer.end(bytes);
    expect(await again.ended).toMatchObject({ code: 0 });
  });

  it('goes on to the right code when nobody reads what it says any more', async () => {
    const running = cli.start(csv('closed', 'held', 'missing'), '--watch', '--json');
    await running.said('accepted');
    running.child.stdout!.destroy();
    await eventually(
      () => Promise.resolve(held.length),
      (count) => count > 0,
      'the request for the image',
    );
    for (const answer of held.splice(0)) answer.end(bytes);
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  it('has bars where there is a screen', async () => {
    const program = fileURLToPath(new URL('../main.js', import.meta.url));
    need('script', ['bsdutils'], 'nothing: it gives a program a screen');
    const command = `${process.execPath} ${program} bulk-import ${csv('screen', 'held', 'a')} --watch`;
    const clouds = join(cloud.cloud.directory, 'clouds.yaml');
    const env = {
      PATH: process.env.PATH,
      OS_CLIENT_CONFIG_FILE: clouds,
      OS_CLOUD: 'alice',
      TERM: 'xterm',
      COLUMNS: '100',
    };
    const child = spawn('script', ['-qec', command, '/dev/null'], { env });
    cli.started.push(child);
    let screen = '';
    child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    const closed = once(child, 'close');
    while (!screen.includes(' 50% 1 of 2 images') || !screen.includes(' held ')) await once(child.stdout, 'data');
    expect(screen).toContain('█');
    for (const answer of held.splice(0)) answer.end(bytes);
    expect(await closed).toEqual([0, null]);
    expect(screen).toMatch(/status {7}finished/);
  });
});
