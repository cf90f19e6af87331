import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '#config';
import { waitForRedis } from '#jobs';
import { createLogger, NestLog, PlatformModule, prepareDatabase, type Logger, type RunningConfig } from '#platform';
import { ApiModule, createHttpAdapter, IdentityModule, prepareHttp } from '../../api/src/index.js';
import { assertPrograms, WorkerModule } from '../../worker/src/index.js';
import { openDatabase } from './database.js';
import { greeting } from './greeting.js';
import { openIdentity } from './identity.js';

type Part = 'api' | 'worker';

/** For connections and the rest, once uploads and jobs have ended or were given up. */
const closingSeconds = 5;

/** Runs the parts in this process until it is told to stop. */
export async function serve(config: Config, parts: readonly Part[]): Promise<void> {
  const logger = createLogger(config, parts.join('+'));
  let inTime = true;
  if (parts.includes('worker')) await assertPrograms(config);
  const database = await openDatabase(config, parts, logger);
  try {
    const running: RunningConfig = { ...config, databaseUrl: database.url };
    await prepareDatabase(database.url, config.startTimeoutSeconds, logger);
    if (parts.includes('worker') && config.redisUrl !== undefined) {
      const onWait = (reason: string) => logger.warn({ reason }, 'waiting for Redis (REDIS_URL)');
      await waitForRedis(config.redisUrl, config.startTimeoutSeconds, onWait);
    }
    const app = parts.includes('api') ? await startApi(running, parts, logger) : await startWorker(running, logger);
    await stopSignal(logger);
    inTime = await within(config.shutdownSeconds + closingSeconds, app.close());
    if (!inTime) logger.warn('not everything could be closed in time: what is left, the sweeper does');
  } finally {
    await database.close();
    logger.flush();
  }
  // Something still holds on to a service that does not answer; the log and the leases know what it was.
  if (!inTime) process.exit(0);
}

/** False when it took longer. */
async function within(seconds: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), seconds * 1000)));
  return Promise.race([work.then(() => true), timeout]).finally(() => clearTimeout(timer));
}

async function startApi(
  config: RunningConfig,
  parts: readonly Part[],
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const identity = await openIdentity(config, logger);
  const root = rootModule([
    PlatformModule.forRoot(config, logger),
    ApiModule.forRoot(identity.provider),
    ...(identity.builtin ? [IdentityModule.forRoot(identity.builtin.identity)] : []),
    ...(parts.includes('worker') ? [WorkerModule.forRoot()] : []),
  ]);
  const app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(), {
    logger: new NestLog(logger),
    bodyParser: false,
    abortOnError: false,
  });
  prepareHttp(app, {
    ...{ identity: identity.provider, authUrl: identity.authUrl, logger, corsOrigins: config.corsOrigins },
    logsAddresses: config.accessLog.addresses,
  });
  await listen(app, config);
  const url = config.publicUrl ?? (await app.getUrl());
  await identity.builtin?.publish(url);
  if (parts.length > 1) process.stdout.write(greeting(url, identity));
  logger.info({ url, parts }, 'ready');
  return app;
}

async function listen(app: NestFastifyApplication, { host, port }: Config): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE') throw new Error(`port ${port} of ${host} is taken: set VITRINE_PORT`, { cause: error });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new Error(`${host} is no address of this machine: set VITRINE_HOST`, { cause: error });
    }
    throw error;
  }
}

async function startWorker(config: RunningConfig, logger: Logger): Promise<{ close(): Promise<void> }> {
  const root = rootModule([PlatformModule.forRoot(config, logger), WorkerModule.forRoot()]);
  const app = await NestFactory.createApplicationContext(root, { logger: new NestLog(logger), abortOnError: false });
  logger.info({ workers: config.workers }, 'ready');
  return app;
}

@Module({})
class RootModule {}

function rootModule(imports: DynamicModule[]): DynamicModule {
  return { module: RootModule, imports };
}

/** The first signal stops gracefully; a second one means now. */
function stopSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      logger.info({ signal }, 'stopping');
      for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.off(name, stop);
        process.on(name, () => process.exit(130));
      }
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
