import { StoreError, type StoreErrorCode } from './object-store.js';

/** An answer of an S3 service that is no success, by a request of our own. */
export class S3Refusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(
    status: number,
    override readonly name: string,
  ) {
    super(`S3 answered ${status} ${name}`);
    this.$metadata = { httpStatusCode: status };
  }
}

/** HTTP status of a failed request; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  return (metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode;
}

const byName: Readonly<Record<string, StoreErrorCode>> = {
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  NoSuchKey: 'missing',
  AccessDenied: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  PreconditionFailed: 'exists',
};
const byStatus: Readonly<Record<number, StoreErrorCode>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  412: 'exists',
  507: 'full',
};

/** In the store's words: the service's name of the error, never a header or a URL, which may hold a signature. */
export function s3Error(store: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  const status = statusOf(error);
  const code = byName[name] ?? (status === undefined ? undefined : byStatus[status]) ?? 'unavailable';
  const answered = status === undefined ? 'no answer' : `answer ${status}`;
  return new StoreError(code, store, `${answered} (${name})`, { cause: error });
}

/** Whether the same request may succeed a moment later. */
export function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || status === 429 || status === 408;
}
