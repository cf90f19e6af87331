import { resolve } from 'node:path';
import { z } from 'zod';
import { readPropertyProtections, type PropertyProtections } from './property-protections.js';

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
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const conversionTargets = ['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'] as const;
const compressions = ['gzip', 'xz', 'bzip2', 'zstd'] as const;
const seconds = (fallback: number) => integer(1, 86_400).default(fallback);

/** Every variable that Vitrine reads, its form and its default. README.md has the same table with the meanings. */
const variables = z.object({
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

type Variables = z.infer<typeof variables>;

/** The configuration of one process; README.md says what each variable means. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** without a trailing slash; undefined: from the request */
  readonly publicUrl: string | undefined;
  /** of the pages that may call the API from a browser */
  readonly corsOrigins: readonly string[];
  /** absolute */
  readonly dataDir: string;
  /** undefined: embedded PostgreSQL */
  readonly databaseUrl: string | undefined;
  /** undefined: queues on PostgreSQL */
  readonly redisUrl: string | undefined;
  /** `name=url`, comma-separated, the first is the default */
  readonly stores: string;
  readonly identity: 'builtin' | 'keystone';
  readonly identityAllowRemote: boolean;
  readonly keystone: {
    readonly authUrl: string;
    readonly username: string;
    readonly password: string;
    readonly projectName: string;
    readonly userDomainName: string;
    readonly projectDomainName: string;
    /** whose readers are auditors; undefined: nobody is */
    readonly adminProjectId: string | undefined;
    /** for one answer */
    readonly timeoutSeconds: number;
    /** how long a token that was checked is not checked again */
    readonly tokenCacheSeconds: number;
  } | null;
  /** imports at a time in one process */
  readonly workers: number;
  readonly imports: {
    readonly allowedHosts: readonly string[];
    readonly allowedPorts: readonly number[];
    readonly allowPrivate: boolean;
    /** prefixes of the properties that glance-download copies */
    readonly copiedProperties: readonly string[];
    readonly attempts: number;
    readonly retrySeconds: number;
    readonly timeoutSeconds: number;
    /** bytes a second of all downloads of one process; undefined: no limit */
    readonly bandwidth: number | undefined;
    /** what disks become on their way; null: they stay what they are */
    readonly convertTo: (typeof conversionTargets)[number] | null;
    /** what is decompressed on its way */
    readonly decompress: readonly (typeof compressions)[number][];
    /** times as much that may come of compressed data */
    readonly decompressRatio: number;
    /** absolute; where conversions have their files */
    readonly scratchDir: string;
  };
  readonly webhooks: {
    readonly allowedHosts: readonly string[];
    readonly allowedPorts: readonly number[];
    readonly allowPrivate: boolean;
    /** tries of an event before it is given up */
    readonly attempts: number;
    /** the first pause between two of them, which doubles */
    readonly retrySeconds: number;
    /** for an answer */
    readonly timeoutSeconds: number;
  };
  /** bytes */
  readonly imageSizeCap: bigint;
  readonly imageLimits: Readonly<Record<'properties' | 'tags' | 'members' | 'locations', number>>;
  /** images are shown with them, and PATCH can change them */
  readonly showMultipleLocations: boolean;
  /** by PATCH; otherwise only admins do */
  readonly ownersRemoveLocations: boolean;
  readonly showDirectUrl: boolean;
  /** data must look like what disk_format says */
  readonly requireFormatMatch: boolean;
  /** of one project; sizes in bytes, negative for no limit */
  readonly projectQuotas: Readonly<Record<'images' | 'uploading' | 'size' | 'staging', bigint>>;
  /** in order, the first one that fits decides; empty when nothing is protected */
  readonly propertyProtections: PropertyProtections;
  /** items of bulk imports that one project may have under way */
  readonly bulkProjectConcurrency: number;
  /** streams of events that one API process may have open */
  readonly liveStreams: number;
  readonly leaseSeconds: number;
  readonly sweepSeconds: number;
  readonly requeueSeconds: number;
  readonly orphanSeconds: number;
  readonly seal: {
    /** absolute; undefined: nothing is sealed */
    readonly keyFile: string | undefined;
    /** one process has the log for itself: it may make the key */
    readonly makesKey: boolean;
    /** an event waits at most so long for its seal */
    readonly seconds: number;
    /** of one segment */
    readonly events: number;
    /** URL of the bucket that checkpoints are copied to */
    readonly bucket: string | undefined;
    /** how long a copy cannot be removed; 0: the bucket has no object lock */
    readonly retentionDays: number;
    readonly retentionMode: 'compliance' | 'governance';
  };
  readonly startTimeoutSeconds: number;
  readonly shutdownSeconds: number;
  readonly accessLog: {
    /** downloads and refusals are written down */
    readonly enabled: boolean;
    /** with the addresses of clients */
    readonly addresses: boolean;
    readonly days: number;
    /** how long an entry waits at most before it is written */
    readonly flushMs: number;
  };
  readonly logLevel: (typeof logLevels)[number];
}

/** The environment is not what Vitrine can run with; the message names each variable and what it must be. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`the configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** @throws ConfigError */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    // The value is not repeated: it may be a secret.
    throw new ConfigError(parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`));
  }
  const read = parsed.data;
  const dataDir = resolve(read.VITRINE_DATA_DIR);
  return {
    host: read.VITRINE_HOST,
    port: read.VITRINE_PORT,
    publicUrl: read.VITRINE_PUBLIC_URL?.replace(/\/+$/, ''),
    corsOrigins: read.VITRINE_CORS_ORIGINS,
    dataDir,
    databaseUrl: read.DATABASE_URL,
    redisUrl: read.REDIS_URL,
    stores: read.VITRINE_STORES ?? `local=file:${dataDir}/images`,
    identity: read.VITRINE_IDENTITY,
    identityAllowRemote: read.VITRINE_IDENTITY_ALLOW_REMOTE,
    keystone: read.VITRINE_IDENTITY === 'keystone' ? keystone(read) : null,
    workers: read.VITRINE_WORKERS,
    imports: {
      allowedHosts: read.VITRINE_IMPORT_ALLOWED_HOSTS,
      allowedPorts: read.VITRINE_IMPORT_ALLOWED_PORTS,
      allowPrivate: read.VITRINE_IMPORT_ALLOW_PRIVATE,
      copiedProperties: read.VITRINE_IMPORT_COPIED_PROPERTIES,
      attempts: read.VITRINE_IMPORT_ATTEMPTS,
      retrySeconds: read.VITRINE_IMPORT_RETRY_SECONDS,
      timeoutSeconds: read.VITRINE_IMPORT_TIMEOUT_SECONDS,
      bandwidth: read.VITRINE_IMPORT_BANDWIDTH || undefined,
      convertTo: read.VITRINE_IMPORT_CONVERT_TO === 'no' ? null : read.VITRINE_IMPORT_CONVERT_TO,
      decompress: read.VITRINE_IMPORT_DECOMPRESS,
      decompressRatio: read.VITRINE_IMPORT_DECOMPRESS_RATIO,
      scratchDir: resolve(read.VITRINE_SCRATCH_DIR ?? `${dataDir}/scratch`),
    },
    webhooks: {
      allowedHosts: read.VITRINE_WEBHOOK_ALLOWED_HOSTS,
      allowedPorts: read.VITRINE_WEBHOOK_ALLOWED_PORTS,
      allowPrivate: read.VITRINE_WEBHOOK_ALLOW_PRIVATE,
      attempts: read.VITRINE_WEBHOOK_ATTEMPTS,
      retrySeconds: read.VITRINE_WEBHOOK_RETRY_SECONDS,
      timeoutSeconds: read.VITRINE_WEBHOOK_TIMEOUT_SECONDS,
    },
    imageSizeCap: read.VITRINE_IMAGE_SIZE_CAP,
    requireFormatMatch: read.VITRINE_REQUIRE_FORMAT_MATCH,
    imageLimits: {
      properties: read.VITRINE_IMAGE_PROPERTY_QUOTA,
      tags: read.VITRINE_IMAGE_TAG_QUOTA,
      members: read.VITRINE_IMAGE_MEMBER_QUOTA,
      locations: read.VITRINE_IMAGE_LOCATION_QUOTA,
    },
    showMultipleLocations: read.VITRINE_SHOW_MULTIPLE_LOCATIONS,
    ownersRemoveLocations: read.VITRINE_OWNERS_REMOVE_LOCATIONS,
    showDirectUrl: read.VITRINE_SHOW_DIRECT_URL,
    projectQuotas: {
      images: read.VITRINE_PROJECT_QUOTA_IMAGES,
      uploading: read.VITRINE_PROJECT_QUOTA_UPLOADING,
      size: read.VITRINE_PROJECT_QUOTA_SIZE,
      staging: read.VITRINE_PROJECT_QUOTA_STAGE,
    },
    propertyProtections: protections(read.VITRINE_PROPERTY_PROTECTION_FILE),
    bulkProjectConcurrency: read.VITRINE_BULK_PROJECT_CONCURRENCY,
    liveStreams: read.VITRINE_LIVE_STREAMS,
    leaseSeconds: read.VITRINE_LEASE_SECONDS,
    sweepSeconds: read.VITRINE_SWEEP_SECONDS,
    requeueSeconds: read.VITRINE_REQUEUE_SECONDS,
    orphanSeconds: read.VITRINE_ORPHAN_SECONDS,
    seal: seal(read, dataDir),
    startTimeoutSeconds: read.VITRINE_START_TIMEOUT_SECONDS,
    shutdownSeconds: read.VITRINE_SHUTDOWN_SECONDS,
    accessLog: {
      enabled: read.VITRINE_ACCESS_LOG,
      addresses: read.VITRINE_ACCESS_LOG_ADDRESSES,
      days: read.VITRINE_ACCESS_LOG_DAYS,
      flushMs: read.VITRINE_ACCESS_LOG_FLUSH_MS,
    },
    logLevel: read.VITRINE_LOG_LEVEL,
  };
}

/** Workers that share a database share a key, which only an operator can give them all. */
function seal(read: Variables, dataDir: string): Config['seal'] {
  const given = read.VITRINE_SEAL_KEY_FILE;
  const isAlone = read.DATABASE_URL === undefined;
  return {
    keyFile: given === undefined ? (isAlone ? `${dataDir}/seal-key.pem` : undefined) : resolve(given),
    makesKey: given === undefined && isAlone,
    seconds: read.VITRINE_SEAL_SECONDS,
    events: read.VITRINE_SEAL_EVENTS,
    bucket: read.VITRINE_SEAL_BUCKET,
    retentionDays: read.VITRINE_SEAL_RETENTION_DAYS,
    retentionMode: read.VITRINE_SEAL_RETENTION_MODE,
  };
}

function protections(file: string | undefined): PropertyProtections {
  if (file === undefined) return [];
  const { protections: found, problems } = readPropertyProtections(resolve(file));
  if (problems.length > 0) {
    throw new ConfigError(problems.map((problem) => `VITRINE_PROPERTY_PROTECTION_FILE ${problem}`));
  }
  return found;
}

function keystone(read: Variables): NonNullable<Config['keystone']> {
  const needed = ['OS_AUTH_URL', 'OS_USERNAME', 'OS_PASSWORD', 'OS_PROJECT_NAME'] as const;
  const missing = needed.filter((name) => read[name] === undefined);
  if (missing.length > 0) {
    throw new ConfigError(missing.map((name) => `${name} must be set when VITRINE_IDENTITY is keystone`));
  }
  return {
    authUrl: read.OS_AUTH_URL!,
    username: read.OS_USERNAME!,
    password: read.OS_PASSWORD!,
    projectName: read.OS_PROJECT_NAME!,
    userDomainName: read.OS_USER_DOMAIN_NAME,
    projectDomainName: read.OS_PROJECT_DOMAIN_NAME,
    adminProjectId: read.VITRINE_ADMIN_PROJECT_ID,
    timeoutSeconds: read.VITRINE_IDENTITY_TIMEOUT_SECONDS,
    tokenCacheSeconds: read.VITRINE_TOKEN_CACHE_SECONDS,
  };
}
