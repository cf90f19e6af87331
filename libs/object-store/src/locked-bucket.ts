import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3StoreOptions } from './s3.store.js';
import { s3Client } from './s3-client.js';
import { s3Error, statusOf } from './s3-error.js';

export interface Retention {
  /** 0: the bucket has no object lock */
  readonly days: number;
  readonly mode: 'compliance' | 'governance';
}

/** One version of an object: a lock keeps each of them, whatever is written over it or hides it. */
export interface LockedVersion {
  readonly key: string;
  readonly bytes: Buffer;
}

const name = 'locked bucket';

/** A bucket of small objects that cannot be changed or removed for a time (S3 Object Lock). One that is missing is made. */
export class LockedBucket {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor({ bucket, region, endpoint, credentials, timeoutSeconds = 30 }: Omit<S3StoreOptions, 'weight'>) {
    this.bucket = bucket;
    this.client = s3Client({ region, endpoint, credentials, timeoutMs: timeoutSeconds * 1000 });
  }

  /** Makes the bucket where it is missing, with what a lock needs. @throws StoreError */
  async prepare({ days }: Retention): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      if (statusOf(error) !== 404) throw s3Error(name, error);
      const made = new CreateBucketCommand({ Bucket: this.bucket, ObjectLockEnabledForBucket: days > 0 });
      await this.client.send(made).catch((failure: unknown) => {
        // Two processes at once: the other one's bucket is ours too.
        if (statusOf(failure) !== 409) throw s3Error(name, failure);
      });
    }
  }

  /** @throws StoreError; also where a lock is asked for and the bucket has none */
  async put(key: string, bytes: Buffer, { days, mode }: Retention): Promise<void> {
    const until = new Date(Date.now() + days * 86_400_000);
    const lock = {
      ObjectLockMode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
      ObjectLockRetainUntilDate: until,
    } as const;
    try {
      await this.client.send(
        new PutObjectCommand({
          ...{ Bucket: this.bucket, Key: key, Body: bytes, ContentType: 'application/json' },
          // S3 wants a digest of what is to be locked.
          ContentMD5: createHash('md5').update(bytes).digest('base64'),
          ...(days > 0 && lock),
        }),
      );
    } catch (error) {
      throw s3Error(name, error);
    }
  }

  /** Every version of every object below a prefix, in the order of their keys; what a marker hides is read, too. */
  async *versions(prefix: string): AsyncGenerator<LockedVersion> {
    try {
      let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
      for (;;) {
        const page = await this.client.send(
          new ListObjectVersionsCommand({ Bucket: this.bucket, Prefix: prefix, ...from }),
        );
        for (const { Key, VersionId } of page.Versions ?? []) {
          const place = { Bucket: this.bucket, Key, ...(VersionId !== 'null' && { VersionId }) };
          const { Body } = await this.client.send(new GetObjectCommand(place));
          yield { key: Key!, bytes: await buffer(Body as Readable) };
        }
        if (!page.IsTruncated) return;
        from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
    } catch (error) {
      throw s3Error(name, error);
    }
  }

  close(): void {
    this.client.destroy();
  }
}
