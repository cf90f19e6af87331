import { resolve } from 'node:path';
import { readPropertyProtections, type PropertyProtections } from './property-protections.js';
import { variables, type compressions, type conversionTargets, type logLevels, type Variables } from './variables.js';

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
