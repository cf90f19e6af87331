import { resolve } from 'node:path';
import { FileStore } from './file.store.js';
import { S3Store, type S3StoreOptions } from './s3.store.js';
import type { ObjectStore } from './object-store.js';

/** A store as the configuration names it. */
export interface StoreSpec {
  readonly name: string;
  readonly url: string;
}

/** `name=url,name=url`; the first is the default. @throws Error that names VITRINE_STORES and repeats no secret */
export function parseStores(spec: string): StoreSpec[] {
  const stores = spec.split(',').map((part) => {
    const [, name, url] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)=(\S+)\s*$/.exec(part) ?? [];
    if (name === undefined || url === undefined) {
      throw new Error(`VITRINE_STORES must be name=url, comma-separated: "${redacted(part)}" is not`);
    }
    return { name, url };
  });
  const twice = stores.find(({ name }, index) => stores.findIndex((other) => other.name === name) !== index);
  if (twice) throw new Error(`VITRINE_STORES names ${twice.name} twice`);
  return stores;
}

/** @throws Error that names VITRINE_STORES */
export function openStore(name: string, url: string): ObjectStore {
  const [address = '', search = ''] = url.split('?', 2);
  const params = new URLSearchParams(search);
  const weight = weightOf(name, url);
  if (address.startsWith('file:')) return openFile(name, address.slice('file:'.length), weight);
  if (/^s3(\+https?)?:\/\//.test(address)) return openS3(name, address, params, weight);
  throw new Error(
    `VITRINE_STORES: store ${name} must be file:/path, s3://bucket, s3+http(s)://key:secret@host/bucket, or http: for what lies on the web`,
  );
}

/** `weight=` in the query of a store's URL; 0 by default. @throws Error that names VITRINE_STORES */
export function weightOf(name: string, url: string): number {
  const weight = Number(new URLSearchParams(url.split('?', 2)[1] ?? '').get('weight') ?? 0);
  if (!Number.isFinite(weight)) throw new Error(`VITRINE_STORES: the weight of store ${name} is no number`);
  return weight;
}

function openFile(name: string, path: string, weight: number): ObjectStore {
  const plain = path.replace(/^\/\//, '');
  if (plain === '') throw new Error(`VITRINE_STORES: store ${name} needs a path, as in file:/var/lib/images`);
  return new FileStore(name, resolve(plain), weight);
}

function openS3(name: string, address: string, params: URLSearchParams, weight: number): ObjectStore {
  const region = params.get('region') ?? 'us-east-1';
  return new S3Store(name, { ...s3Place(`VITRINE_STORES: store ${name}`, address), region, weight });
}

/** A bucket as a variable names it, in the words of a store's URL. @throws Error that names the variable and no secret */
export function parseBucket(variable: string, url: string): Pick<S3StoreOptions, keyof S3Place | 'region'> {
  const [address = '', search = ''] = url.split('?', 2);
  return { ...s3Place(variable, address), region: new URLSearchParams(search).get('region') ?? 'us-east-1' };
}

type S3Place = Pick<S3StoreOptions, 'bucket' | 'endpoint' | 'credentials'>;

/** `s3://bucket` with AWS's own endpoint and credentials, or `s3+http://key:secret@host:port/bucket`. */
function s3Place(what: string, address: string): S3Place {
  if (address.startsWith('s3://')) return { bucket: bucketOf(what, address.slice('s3://'.length)) };
  const plain = address.replace(/^s3\+/, '');
  if (!URL.canParse(plain)) throw new Error(`${what} has a URL that cannot be read`);
  const url = new URL(plain);
  if (url.username === '' || url.password === '') throw new Error(`${what} needs key:secret@ before its host`);
  const credentials = {
    accessKeyId: decodeURIComponent(url.username),
    secretAccessKey: decodeURIComponent(url.password),
  };
  return { bucket: bucketOf(what, url.pathname.slice(1)), endpoint: `${url.protocol}//${url.host}`, credentials };
}

function bucketOf(what: string, text: string): string {
  const bucket = text.replace(/\/$/, '');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new Error(`${what} names no bucket: 3 to 63 of a-z, 0-9, dot and dash`);
  }
  return bucket;
}

const redacted = (text: string) => text.replace(/\/\/[^@/]*@/, '//[redacted]@');
