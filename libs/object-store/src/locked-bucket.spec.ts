import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LockedBucket } from './locked-bucket.js';
import { parseBucket } from './open-store.js';

const newPlace = () =>
  parseBucket('VITRINE_SEAL_BUCKET', `${process.env.TEST_S3_URL!}/locked-${randomBytes(4).toString('hex')}`);
const day = { days: 1, mode: 'governance' } as const;
const text = (value: string) => Buffer.from(value);

describe('a bucket with object lock', () => {
  const place = newPlace();
  const bucket = new LockedBucket(place);
  /** Whoever else has the credentials. */
  const stranger = new S3Client({ ...place, forcePathStyle: true });
  const Bucket = place.bucket;
  beforeAll(async () => {
    await Promise.all([bucket.prepare(day), bucket.prepare(day)]);
    await bucket.put('checkpoints/1.json', text('one'), day);
  });
  afterAll(() => {
    bucket.close();
    stranger.destroy();
  });

  const read = async () => {
    const found: string[] = [];
    for await (const { key, bytes } of bucket.versions('checkpoints/')) found.push(`${key} ${bytes.toString()}`);
    return found;
  };

  it('keeps what was put until its time has come', async () => {
    const { Retention } = await stranger.send(new GetObjectRetentionCommand({ Bucket, Key: 'checkpoints/1.json' }));
    expect(Retention?.Mode).toBe('GOVERNANCE');
    const left = Retention!.RetainUntilDate!.getTime() - Date.now();
    expect(Math.round(left / 3_600_000)).toBe(24);
    const { Versions: [version] = [] } = await stranger.send(new ListObjectVersionsCommand({ Bucket }));
    const remove = new DeleteObjectCommand({ Bucket, Key: 'checkpoints/1.json', VersionId: version!.VersionId });
    await expect(stranger.send(remove)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('shows what was written over, and what was hidden by a marker', async () => {
    await stranger.send(new PutObjectCommand({ Bucket, Key: 'checkpoints/1.json', Body: 'another' }));
    await stranger.send(new DeleteObjectCommand({ Bucket, Key: 'checkpoints/1.json' }));
    expect((await read()).sort()).toEqual(['checkpoints/1.json another', 'checkpoints/1.json one']);
  });
});

it('a bucket without object lock takes copies without one, and refuses those with one', async () => {
  const bucket = new LockedBucket(newPlace());
  const none = { days: 0, mode: 'compliance' } as const;
  await bucket.prepare(none);
  await bucket.prepare(day);
  await bucket.put('a', text('free'), none);
  await expect(bucket.put('b', text('locked'), day)).rejects.toMatchObject({ name: 'StoreError' });
  bucket.close();
});

it.each([
  ['s3+http://127.0.0.1/bucket', 'VITRINE_SEAL_BUCKET needs key:secret@ before its host'],
  ['s3+http://key:secret@127.0.0.1/', 'VITRINE_SEAL_BUCKET names no bucket: 3 to 63 of a-z, 0-9, dot and dash'],
  ['s3+http://key:secret@/bucket', 'VITRINE_SEAL_BUCKET has a URL that cannot be read'],
])('%s is refused without its secret', (url, message) => {
  expect(() => parseBucket('VITRINE_SEAL_BUCKET', url)).toThrow(new Error(message));
});
