import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Client } from '../services/client.js';
import { need } from '../services/debian.js';

const connections = 16;
const seconds = 4;

/** Requests a second of 16 connections, as wrk counts them; any refusal is an error. */
export function wrk(client: Pick<Client, 'url' | 'token'>, path: string, script?: string): () => Promise<number> {
  return async () => (await load(client, path, seconds, script)) / seconds;
}

/** Requests that were answered in so many seconds. */
export async function load(
  { url, token }: Pick<Client, 'url' | 'token'>,
  path: string,
  duration: number,
  script?: string,
): Promise<number> {
  need('wrk', ['wrk'], 'a wrk on the PATH');
  const header = ['-H', `X-Auth-Token: ${token ?? 'none'}`];
  const args = ['-t2', `-c${connections}`, `-d${duration}s`, ...header, ...(script ? ['-s', script] : [])];
  const { stdout } = await promisify(execFile)('wrk', [...args, `${url}${path}`]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk met errors:\n${stdout}`);
  return Number(/(\d+) requests in/.exec(stdout)![1]);
}
