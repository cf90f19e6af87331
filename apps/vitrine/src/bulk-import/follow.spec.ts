import { writeFileSync } from 'node:fs';
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/services/client.js';
import { startCloud } from '../../../../test/services/cloud.js';
import { startWebServer, type WebServer } from '../../../../test/services/web-server.js';
import { Cli, type Running } from './bulk-import.spec-kit.js';

/** What an image's server keeps back until it is let go. */
const held: ServerResponse[] = [];
let web: WebServer;
let cloud: Awaited<ReturnType<typeof startCloud>>;
/** Between the program and the service: it passes everything on, unless a test wants it otherwise. */
let line: WebServer;
let meddle: (request: IncomingMessage, answer: ServerResponse) => boolean;
let passed: { readonly path: string; readonly lastEventId: string | undefined; readonly answer: ServerResponse }[];
let cli: Cli;
beforeAll(async () => {
  web = await startWebServer((_, answer) => void held.push(answer));
  cloud = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: `80,443,${web.port}` });
  line = await startWebServer((request, answer) => {
    const lastEventId = request.headers['last-event-id'] as string | undefined;
    passed.push({ path: `${request.method!} ${request.url!.split('?')[0]!}`, lastEventId, answer });
    if (meddle(request, answer)) return;
    const { method, url, headers } = request;
    const onward = ask(cloud.url + url!, { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  const auth = { auth_url: `${line.url}/identity/v3`, username: 'alice', password: cloud.cloud.password('alice') };
  const clouds = join(cloud.cloud.directory, 'line.json');
  writeFileSync(clouds, JSON.stringify({ clouds: { alice: { auth } } }));
  cli = new Cli(cloud.cloud, { OS_CLIENT_CONFIG_FILE: clouds });
});
beforeEach(() => {
  passed = [];
  meddle = () => false;
});
afterAll(async () => {
  for (const child of cli.started) child.kill('SIGKILL');
  await cloud.cloud.remove();
  await line.stop();
  await web.stop();
});

const isStream = ({ path }: { path: string }) => path === 'GET /vitrine/v1/events/stream';
const streams = () => passed.filter(isStream);
const logins = () => passed.filter(({ path }) => path === 'POST /identity/v3/auth/tokens');
const until = (count: number, what: () => unknown[]) =>
  eventually(
    () => Promise.resolve(what().length),
    (now) => now >= count,
    'what the program asked for',
  );

/** Two images whose data does not come yet, watched. */
async function watch(): Promise<Running> {
  const running = cli.start('-', '--format', 'csv', '--watch', '--json', '--concurrency', '1');
  const rows = [1, 2].map((n) => `watched,${web.url}/${n},raw\n`);
  running.child.stdin!.end(`name,url,disk_format\n${rows.join('')}`);
  await running.said('accepted');
  return running;
}

async function letGo(): Promise<void> {
  await until(1, () => held);
  held.shift()!.end('data');
}

describe('watching a bulk import', () => {
  it('is told by the stream how it goes, and asks for nothing meanwhile', async () => {
    const running = await watch();
    await until(1, streams);
    await letGo();
    await running.said('"done":1');
    await letGo();
    const { code, lines } = await running.ended;
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ event: 'result', bulk_import: { status: 'finished', items: { done: 2 } } });
    expect(streams()).toHaveLength(1);
    expect(passed.filter(({ path }) => path.startsWith('GET /vitrine/v1/bulk-imports/'))).toHaveLength(1);
  });

  it('goes on where it was when the stream is cut', async () => {
    const running = await watch();
    await letGo();
    await running.said('"done":1');
    streams()[0]!.answer.destroy();
    await until(2, streams);
    await letGo();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(streams()[0]!.lastEventId).toBeUndefined();
    expect(streams()[1]!.lastEventId).toMatch(/^\d+$/);
  });

  it('asks again and again where there is no stream', async () => {
    meddle = ({ url }, answer) => {
      const isIt = url!.startsWith('/vitrine/v1/events/stream');
      if (isIt) answer.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      return isIt;
    };
    const running = await watch();
    await letGo();
    await letGo();
    const { code, lines } = await running.ended;
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ bulk_import: { items: { done: 2 } } });
    expect(streams()).toHaveLength(1);
  });

  it('logs in again when its token has ended, for the stream as for a question', async () => {
    const running = await watch();
    await until(1, streams);
    const refused = new Set<string>();
    meddle = ({ url }, answer) => {
      const path = url!.split('?')[0]!;
      if (path.startsWith('/identity') || refused.has(path)) return false;
      refused.add(path);
      answer.writeHead(401).end('{}');
      return true;
    };
    streams()[0]!.answer.destroy();
    await until(3, logins);
    await letGo();
    await letGo();
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('waits for a service that is away for a moment', async () => {
    const running = await watch();
    await until(1, streams);
    let away = 3;
    meddle = (_, answer) => {
      if (away-- <= 0) return false;
      answer.destroy();
      return true;
    };
    streams()[0]!.answer.destroy();
    await letGo();
    await letGo();
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
    expect(away).toBeLessThan(0);
  });

  it('sends a request again that nobody answered: it is one bulk import', async () => {
    let lost = 0;
    meddle = ({ url, method }, answer) => {
      if (method !== 'POST' || !url!.startsWith('/vitrine/v1/bulk-imports') || lost > 0) return false;
      lost++;
      answer.destroy();
      return true;
    };
    const running = await watch();
    await letGo();
    await letGo();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(lost).toBe(1);
  });
});
