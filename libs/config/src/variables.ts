import { z } from 'zod';

const text = z.string().trim().min(1);
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
const flag = z
  .enum(['true', 'false', 'yes', 'no', '1', '0'], { error: 'must be true or false' })
  .transform((value) => value === 'true' || value === 'yes' || value === '1');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
/** `-1` is no limit */
const quota = z
  .string()
  .regex(/^(-1|\d{1,30})$/, 'must be a whole number, or -1 for no limit')
  .transform(BigInt)
  .default(-1n);
const urlOf = (...schemes: string[]) =>
  text.refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)), {
    error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });
/** As a browser spells one: a scheme, a host, a port where it is not the usual one. */
const isOrigin = (value: string) => /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const conversionTargets = ['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'] as const;
export const compressions = ['gzip', 'xz', 'bzip2', 'zstd'] as const;
const seconds = (fallback: number) => integer(1, 86_400).default(fallback);

/** Every variable that Vitrine reads, its form and its default. README.md has the same table with the meanings. */
export const variables = z.object({
  VITRINE_HOST: text.default('127.0.0.1'),
  VITRINE_PORT: integer(0, 65_535).default(9292),
  VITRINE_PUBLIC_URL: urlOf('http', 'https').optional(),
  VITRINE_CORS_ORIGINS: list
    .pipe(z.array(z.string().refine(isOrigin, { error: 'must be origins such as https://cloud.example.org, never *' })))
    .default([]),
  VITRINE_DATA_DIR: text.default('./.vitrine'),
  DATABASE_URL: urlOf('postgres', 'postgresql').optional(),
  REDIS_URL: urlOf('redis', 'rediss').optional(),
  VITRINE_STORES: text.optional(),
  VITRINE_IDENTITY: z.enum(['builtin', 'keystone'], { error: 'must be builtin or keystone' }).default('builtin'),
  VITRINE_IDENTITY_ALLOW_REMOTE: flag.default(false),
  VITRINE_IDENTITY_TIMEOUT_SECONDS: seconds(10),
  VITRINE_TOKEN_CACHE_SECONDS: integer(0, 86_400).default(300),
  OS_AUTH_URL: urlOf('http', 'https')
    .refine((value) => new URL(value).username === '', { error: 'must name no user: that is OS_USERNAME' })
    .optional(),
  OS_USERNAME: text.optional(),
  OS_PASSWORD: text.optional(),
  OS_PROJECT_NAME: text.optional(),
  VITRINE_ADMIN_PROJECT_ID: text.optional(),
  OS_USER_DOMAIN_NAME: text.default('Default'),
  OS_PROJECT_DOMAIN_NAME: text.default('Default'),
  VITRINE_WORKERS: integer(0, 64).default(4),
  VITRINE_IMPORT_ALLOWED_HOSTS: list.default([]),
  VITRINE_IMPORT_ALLOWED_PORTS: list.pipe(z.array(integer(1, 65_535))).default([80, 443]),
  VITRINE_IMPORT_ALLOW_PRIVATE: flag.default(false),
  VITRINE_IMPORT_COPIED_PROPERTIES: list.default(['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type']),
  VITRINE_IMPORT_ATTEMPTS: integer(1, 100).default(5),
  VITRINE_IMPORT_RETRY_SECONDS: seconds(2),
  VITRINE_IMPORT_TIMEOUT_SECONDS: seconds(60),
  VITRINE_IMPORT_BANDWIDTH: integer(0, Number.MAX_SAFE_INTEGER).default(0),
  VITRINE_IMPORT_CONVERT_TO: z
    .enum(['no', ...conversionTargets], { error: `must be one of ${conversionTargets.join(', ')}, or no` })
    .default('no'),
  VITRINE_IMPORT_DECOMPRESS: list
    .pipe(z.array(z.enum(compressions, { error: `must be some of ${compressions.join(', ')}` })))
    .default([]),
  VITRINE_IMPORT_DECOMPRESS_RATIO: integer(1, 1_000_000).default(1000),
  VITRINE_WEBHOOK_ALLOWED_HOSTS: list.default([]),
  VITRINE_WEBHOOK_ALLOWED_PORTS: list.pipe(z.array(integer(1, 65_535))).default([80, 443]),
  VITRINE_WEBHOOK_ALLOW_PRIVATE: flag.default(false),
  VITRINE_WEBHOOK_ATTEMPTS: integer(1, 100).default(12),
  VITRINE_WEBHOOK_RETRY_SECONDS: seconds(5),
  VITRINE_WEBHOOK_TIMEOUT_SECONDS: seconds(10),
  VITRINE_SCRATCH_DIR: text.optional(),
  VITRINE_IMAGE_SIZE_CAP: z
    .string()
    .regex(/^\d+$/, 'must be a number of bytes')
    .transform(BigInt)
    .default(1n << 40n),
  VITRINE_REQUIRE_FORMAT_MATCH: flag.default(true),
  VITRINE_IMAGE_PROPERTY_QUOTA: integer(-1, 100_000).default(128),
  VITRINE_IMAGE_TAG_QUOTA: integer(-1, 100_000).default(128),
  VITRINE_IMAGE_MEMBER_QUOTA: integer(-1, 100_000).default(128),
  VITRINE_IMAGE_LOCATION_QUOTA: integer(-1, 100_000).default(10),
  VITRINE_SHOW_MULTIPLE_LOCATIONS: flag.default(false),
  VITRINE_OWNERS_REMOVE_LOCATIONS: flag.default(false),
  VITRINE_SHOW_DIRECT_URL: flag.default(false),
  VITRINE_PROJECT_QUOTA_SIZE: quota,
  VITRINE_PROJECT_QUOTA_STAGE: quota,
  VITRINE_PROJECT_QUOTA_IMAGES: quota,
  VITRINE_PROJECT_QUOTA_UPLOADING: quota,
  VITRINE_PROPERTY_PROTECTION_FILE: text.optional(),
  VITRINE_BULK_PROJECT_CONCURRENCY: integer(1, 1_000).default(8),
  VITRINE_LIVE_STREAMS: integer(0, 100_000).default(1000),
  VITRINE_LEASE_SECONDS: seconds(60),
  VITRINE_SWEEP_SECONDS: seconds(15),
  VITRINE_REQUEUE_SECONDS: seconds(30),
  VITRINE_ORPHAN_SECONDS: seconds(3_600),
  VITRINE_SEAL_KEY_FILE: text.optional(),
  VITRINE_SEAL_SECONDS: seconds(60),
  VITRINE_SEAL_EVENTS: integer(1, 100_000).default(1_000),
  VITRINE_SEAL_BUCKET: text
    .refine((value) => /^s3(\+https?)?:\/\//.test(value), {
      error: 'must be s3://bucket or s3+http(s)://…, as in VITRINE_STORES',
    })
    .optional(),
  VITRINE_SEAL_RETENTION_DAYS: integer(0, 36_500).default(365),
  VITRINE_SEAL_RETENTION_MODE: z
    .enum(['compliance', 'governance'], { error: 'must be compliance or governance' })
    .default('compliance'),
  VITRINE_START_TIMEOUT_SECONDS: seconds(60),
  VITRINE_SHUTDOWN_SECONDS: seconds(30),
  VITRINE_ACCESS_LOG: flag.default(true),
  VITRINE_ACCESS_LOG_ADDRESSES: flag.default(true),
  VITRINE_ACCESS_LOG_DAYS: integer(1, 36_500).default(90),
  VITRINE_ACCESS_LOG_FLUSH_MS: integer(10, 60_000).default(1_000),
  VITRINE_LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
});

export type Variables = z.infer<typeof variables>;
