import { setTimeout as delay } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { request } from 'undici';
import { StoreError, type ObjectWriter } from './object-store.js';
import { mayPass, s3Error, S3Refusal, statusOf } from './s3-error.js';

/** Parts double every 1,000, so that S3's 10,000 parts hold more than its 5 TiB. */
const firstPartSize = 8 << 20;
const partsBeforeGrowth = 1_000;
const tries = 4;
const presignedSeconds = 3600;

export interface S3WriterOptions {
  readonly client: S3Client;
  readonly store: string;
  readonly place: { readonly Bucket: string; readonly Key: string };
  readonly timeoutMs: number;
  readonly pauseMs: number;
}

/**
 * Writes one object: in one request when it fits into a part, else as a multipart upload.
 *
 * One part fills while the one before is sent: two parts in memory, so that a part can be sent again when the service
 * answers 5xx or cuts, and its length is known. The requests are presigned, because the SDK would hash every body once
 * more to sign it (3.7–4.0 CPU-s a GiB against 1.7–2.7, STACK.md).
 */
export class S3Writer implements ObjectWriter {
  private part: Buffer = Buffer.allocUnsafe(firstPartSize);
  private spare: Buffer | undefined;
  private filled = 0;
  private size = 0n;
  private upload: string | undefined;
  private readonly done: CompletedPart[] = [];
  private sending: Promise<void> = Promise.resolve();
  private number = 0;

  constructor(private readonly options: S3WriterOptions) {}

  async write(chunk: Uint8Array): Promise<void> {
    this.size += BigInt(chunk.byteLength);
    for (let offset = 0; offset < chunk.byteLength;) {
      const piece = chunk.subarray(offset, offset + this.part.length - this.filled);
      this.part.set(piece, this.filled);
      this.filled += piece.byteLength;
      offset += piece.byteLength;
      if (this.filled === this.part.length) await this.sendPart();
    }
  }

  async commit(): Promise<void> {
    const { client, store, place } = this.options;
    try {
      if (this.upload === undefined) {
        await this.put(new PutObjectCommand({ ...place, IfNoneMatch: '*' }), this.part.subarray(0, this.filled), {
          'if-none-match': '*',
        });
        return;
      }
      if (this.filled > 0) await this.sendPart();
      await this.sending;
      await this.assertFree();
      const MultipartUpload = { Parts: this.done };
      try {
        await client.send(
          new CompleteMultipartUploadCommand({ ...place, UploadId: this.upload, MultipartUpload, IfNoneMatch: '*' }),
        );
      } catch (error) {
        if (!isEchoOfSuccess(error)) throw error;
      }
      await this.assertWhole();
      this.upload = undefined;
    } catch (error) {
      throw s3Error(store, error);
    }
  }

  async abort(): Promise<void> {
    await this.sending.catch(() => undefined);
    const { upload } = this;
    this.upload = undefined;
    if (upload === undefined) return;
    const { client, store, place } = this.options;
    try {
      await client.send(new AbortMultipartUploadCommand({ ...place, UploadId: upload }));
    } catch (error) {
      // What cannot be aborted now, removeUnfinished() finds later.
      if (statusOf(error) !== 404 && !mayPass(error)) throw s3Error(store, error);
    }
  }

  /** Sends the full part in the background and goes on with the other buffer, once that one has been sent. */
  private async sendPart(): Promise<void> {
    const { client, store, place } = this.options;
    try {
      await this.sending;
      this.upload ??= (await client.send(new CreateMultipartUploadCommand(place))).UploadId;
      const body = this.part.subarray(0, this.filled);
      const PartNumber = ++this.number;
      const command = new UploadPartCommand({ ...place, UploadId: this.upload, PartNumber });
      this.sending = this.put(command, body).then((ETag) => {
        this.done.push({ PartNumber, ETag });
      });
      this.sending.catch(() => undefined);
      [this.part, this.spare] = [this.nextBuffer(), this.part];
      this.filled = 0;
    } catch (error) {
      throw s3Error(store, error);
    }
  }

  private nextBuffer(): Buffer {
    const size = firstPartSize * 2 ** Math.floor(this.number / partsBeforeGrowth);
    return this.spare?.length === size ? this.spare : Buffer.allocUnsafe(size);
  }

  /** PUTs the bytes to the command's presigned URL, again after a failure that may pass; gives the ETag. */
  private async put(
    command: PutObjectCommand | UploadPartCommand,
    body: Buffer,
    headers: Record<string, string> = {},
  ): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.putOnce(command, body, headers);
      } catch (error) {
        if (attempt > 1 && statusOf(error) === 412) {
          // The answer to the try before was lost, not its work.
          await this.assertWhole();
          return undefined;
        }
        if (attempt >= tries || !mayPass(error)) throw error;
        await delay(this.options.pauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  }

  private async putOnce(command: PutObjectCommand | UploadPartCommand, body: Buffer, headers: Record<string, string>) {
    const { client, timeoutMs } = this.options;
    const signing = { expiresIn: presignedSeconds, unhoistableHeaders: new Set(Object.keys(headers)) };
    const url = await getSignedUrl(client, command as PutObjectCommand, signing);
    const answer = await request(url, {
      method: 'PUT',
      body,
      headers: { 'content-length': String(body.length), ...headers },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) {
      throw new S3Refusal(answer.statusCode, /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? 'Unknown');
    }
    const { etag } = answer.headers;
    return typeof etag === 'string' ? etag : undefined;
  }

  /** Older services ignore If-None-Match when a multipart upload completes. */
  private async assertFree(): Promise<void> {
    const { client, store, place } = this.options;
    try {
      await client.send(new HeadObjectCommand(place));
    } catch (error) {
      if (statusOf(error) === 404) return;
      throw error;
    }
    throw new StoreError('exists', store, 'the key is taken');
  }

  /** Ceph may answer a completed upload with nothing in it, so the object itself is asked. */
  private async assertWhole(): Promise<void> {
    const { client, store, place } = this.options;
    const { ContentLength } = await client.send(new HeadObjectCommand(place));
    if (BigInt(ContentLength ?? -1) !== this.size) {
      throw new StoreError('unavailable', store, `${ContentLength ?? 'no'} bytes arrived of ${this.size}`);
    }
  }
}

/** The SDK tried again, because the first answer was lost, and the upload that it completed is gone. */
function isEchoOfSuccess(error: unknown): boolean {
  const attempts =
    error instanceof Error && '$metadata' in error ? (error.$metadata as { attempts?: number }).attempts : 1;
  return (attempts ?? 1) > 1 && [404, 412].includes(statusOf(error) ?? 0);
}
