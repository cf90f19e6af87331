import { S3Client } from '@aws-sdk/client-s3';

interface S3ClientOptions {
  readonly region: string;
  /** undefined: AWS's own for the region */
  readonly endpoint: string | undefined;
  /** undefined: from the AWS environment */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** for connecting, for an answer, and for a silence in the middle of one */
  readonly timeoutMs: number;
}

/** For any service that speaks S3: buckets are in paths, checksums beyond the signature's are left out, nothing waits for ever. */
export function s3Client({ region, endpoint, credentials, timeoutMs }: S3ClientOptions): S3Client {
  return new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}
