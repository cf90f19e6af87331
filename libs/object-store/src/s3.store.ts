import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  ListMultipartUploadsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { assertKey } from './key.js';
import type { ByteRange, ObjectEntry, ObjectReader, ObjectStore, ObjectWriter } from './object-store.js';
import { StoreError } from './object-store.js';
import { s3Client } from './s3-client.js';
import { s3Error, statusOf } from './s3-error.js';
import { StreamReader } from './stream-reader.js';
import { S3Writer } from './s3-writer.js';

export interface S3StoreOptions {
  readonly bucket: string;
  readonly region: string;
  /** undefined: AWS's own for the region */
  readonly endpoint?: string;
  /** undefined: from the AWS environment */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly weight?: number;
  /** for connecting, for an answer, and for a silence in the middle of one */
  readonly timeoutSeconds?: number;
  /** before the first repetition of a failed request; doubles with each */
  readonly pauseMs?: number;
}

/**
 * Objects in a bucket of anything that speaks S3: Ceph RGW, MinIO, SeaweedFS, Garage, AWS. Plain calls only, and no
 * checksum trailers (`WHEN_REQUIRED`), which not all of them understand. A bucket that is missing is made.
 */
export class S3Store implements ObjectStore {
  readonly kind = 's3';
  readonly readOnly = false;
  readonly weight: number;
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly timeoutMs: number;
  private readonly pauseMs: number;
  private bucketReady: Promise<void> | undefined;

  constructor(
    readonly name: string,
    { bucket, region, endpoint, credentials, weight = 0, timeoutSeconds = 30, pauseMs = 200 }: S3StoreOptions,
  ) {
    this.bucket = bucket;
    this.weight = weight;
    this.timeoutMs = timeoutSeconds * 1000;
    this.pauseMs = pauseMs;
    this.client = s3Client({ region, endpoint, credentials, timeoutMs: this.timeoutMs });
  }

  async create(key: string): Promise<ObjectWriter> {
    assertKey(this.name, key);
    await this.ensureBucket();
    return new S3Writer({
      client: this.client,
      store: this.name,
      place: { Bucket: this.bucket, Key: key },
      timeoutMs: this.timeoutMs,
      pauseMs: this.pauseMs,
    });
  }

  async read(key: string, range?: ByteRange): Promise<ObjectReader> {
    assertKey(this.name, key);
    try {
      const part = range && { Range: `bytes=${range.start}-${range.end}` };
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, ...part }));
      const [, total] = /\/(\d+)$/.exec(answer.ContentRange ?? '') ?? [];
      const size = BigInt(total ?? answer.ContentLength ?? 0);
      return new StreamReader(answer.Body as Readable, size, (error) => s3Error(this.name, error));
    } catch (error) {
      throw s3Error(this.name, error);
    }
  }

  async stat(key: string): Promise<ObjectEntry | undefined> {
    assertKey(this.name, key);
    try {
      const found = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return { key, size: BigInt(found.ContentLength ?? 0), modifiedAt: found.LastModified ?? new Date(0) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw s3Error(this.name, error);
    }
  }

  async delete(key: string): Promise<void> {
    assertKey(this.name, key);
    try {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
    } catch (error) {
      if (statusOf(error) !== 404) throw s3Error(this.name, error);
    }
  }

  locationOf(key: string): string {
    return `s3://${this.bucket}/${key}`;
  }

  async *list(prefix?: string): AsyncIterable<ObjectEntry> {
    try {
      await this.ensureBucket();
      const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix });
      for await (const { Contents = [] } of pages) {
        for (const { Key, Size, LastModified } of Contents) {
          yield { key: Key!, size: BigInt(Size ?? 0), modifiedAt: LastModified ?? new Date(0) };
        }
      }
    } catch (error) {
      throw s3Error(this.name, error);
    }
  }

  async removeUnfinished(olderThan: Date): Promise<number> {
    let removed = 0;
    let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
    try {
      await this.ensureBucket();
      for (;;) {
        const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket, ...from }));
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (!Initiated || Initiated >= olderThan) continue;
          await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key, UploadId }));
          removed++;
        }
        if (!page.IsTruncated) return removed;
        from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      }
    } catch (error) {
      throw s3Error(this.name, error);
    }
  }

  async check(): Promise<void> {
    try {
      await this.ensureBucket();
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      throw s3Error(this.name, error);
    }
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  private ensureBucket(): Promise<void> {
    this.bucketReady ??= this.createBucket().catch((error: unknown) => {
      this.bucketReady = undefined;
      throw error instanceof StoreError ? error : s3Error(this.name, error);
    });
    return this.bucketReady;
  }

  private async createBucket(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      await this.client.send(new CreateBucketCommand({ Bucket: this.bucket })).catch((failure: unknown) => {
        // Two processes at once: the other one's bucket is ours too.
        if (statusOf(failure) !== 409) throw failure;
      });
    }
  }
}
