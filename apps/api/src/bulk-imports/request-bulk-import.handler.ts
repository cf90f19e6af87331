import { hash, randomUUID } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ImageCatalog } from '#catalog';
import type { Config } from '#config';
import {
  assertMayRequestBulkImport,
  bulkImportLimits,
  DomainError,
  quotaResources,
  type Actor,
  type BulkImportOptions,
  type ImageCommandOf,
} from '#domain';
import { VersionConflict } from '#event-store';
import { BulkImports, CONFIG, Images, ImportAddresses, ImportCredentials, Stores, systemActor } from '#platform';
import type { Call } from '../http/caller.js';
import { faultOf } from '../http/domain-error-table.js';
import { Fault } from '../http/fault.js';
import { uuidOf } from './batch-ids.js';
import type { BulkRequest } from './bulk-request.js';
import { probe } from './dry-run.js';
import type { Problem } from './given-items.js';
import { itemCommand, ItemRules, withAddresses, type Draft } from './item-rules.js';
import { readSource } from './sources/read-source.js';
import { withoutToken } from './sources/source-request.js';

const together = 100;
const defaultConcurrency = 8;

const changedMeanwhile =
  'What the source names has changed since this bulk import was begun, and it is not finished. Unless another request is at ' +
  'it just now, ask with a new Idempotency-Key.';

export type Requested =
  | { readonly id: string }
  | { readonly dryRun: { readonly items: number; readonly bytes: bigint; readonly unknown: number } };

/** A bulk import, made and accepted; or what one would be, where it is asked only that. */
export class RequestBulkImport extends Command<Requested> {
  constructor(
    readonly request: BulkRequest,
    /** Idempotency-Key */
    readonly key: string | undefined,
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(RequestBulkImport)
export class RequestBulkImportHandler implements ICommandHandler<RequestBulkImport> {
  constructor(
    @Inject(BulkImports) private readonly bulkImports: BulkImports,
    @Inject(Images) private readonly images: Images,
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(ImportAddresses) private readonly addresses: ImportAddresses,
    @Inject(ImportCredentials) private readonly credentials: ImportCredentials,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Judge everything, then make everything; what a crash leaves between is finished when the request comes again. */
  async execute({ request: asked, key, call }: RequestBulkImport): Promise<Requested> {
    const { actor } = call;
    assertMayRequestBulkImport(actor);
    const id = key === undefined ? randomUUID() : uuidOf('bulk-import', actor.projectId ?? '', key);
    if (!asked.dryRun && (await this.isMade(id, asked))) return { id };
    const { source, defaults } = asked;
    const request = source ? { ...asked, ...(await readSource(source, defaults, this.config, actor)) } : asked;
    const { drafts, problems } = await new ItemRules(this.config, this.stores, actor).judge(request);
    refuse([...request.problems, ...problems], request);
    if (request.dryRun) return { dryRun: await this.tryOut(drafts, request, actor) };

    const options = this.optionsOf(request);
    const digest = source
      ? `${this.digestOf(asked)}:${hash('sha256', JSON.stringify(drafts))}`
      : hash('sha256', JSON.stringify([options, drafts]));
    if ((await this.bulkImports.load(id)).version === 0) await this.assertRoom(drafts, actor);
    const wanted = { type: 'RequestBulkImport', id, items: drafts.length, digest, ...options } as const;
    try {
      const { state } = await this.bulkImports.execute(id, { ...wanted, actor, at: new Date() }, call.cause);
      if (state!.status === 'requested') await this.make(id, drafts, options.attempts, call, tokenOf(asked));
    } catch (error) {
      const isOther = source && error instanceof DomainError && error.is('bulk-import-differs');
      if (!isOther) throw error;
      // The request is the same, what its source names is not: somebody was quicker.
      if (!(await this.isMade(id, asked))) throw new Fault(409, changedMeanwhile);
    }
    return { id };
  }

  /**
   * Whether the same request has made all of it, whatever its source names now. What it names is looked up for a new request,
   * and for one that was not finished.
   * @throws DomainError bulk-import-differs
   */
  private async isMade(id: string, { source, ...rest }: BulkRequest): Promise<boolean> {
    if (!source) return false;
    const { state } = await this.bulkImports.load(id);
    if (!state) return false;
    if (!state.digest.startsWith(`${this.digestOf({ source, ...rest })}:`)) {
      throw new DomainError('bulk-import-differs', { id });
    }
    return state.status !== 'requested';
  }

  /** Of a request with a source, apart from what that names. */
  private digestOf(request: BulkRequest): string {
    const { source, defaults } = request;
    return hash('sha256', JSON.stringify([this.optionsOf(request), defaults, source && withoutToken(source)]));
  }

  private optionsOf({ options }: BulkRequest): BulkImportOptions {
    const attempts = Math.min(this.config.imports.attempts, bulkImportLimits.attempts);
    return { concurrency: defaultConcurrency, attempts, onError: 'continue', ...options };
  }

  private async tryOut(drafts: readonly Draft[], request: BulkRequest, actor: Actor) {
    await this.assertRoom(drafts, actor);
    const { problems, bytes, unknown } = await probe(drafts, this.config);
    refuse(problems, request);
    return { items: drafts.length, bytes, unknown };
  }

  private async make(
    batch: string,
    drafts: readonly Draft[],
    attempts: number,
    call: Call,
    token: string | undefined,
  ): Promise<void> {
    const cause = { ...call.cause, correlationId: batch };
    try {
      // One part is worked out while the database writes another.
      let from = 0;
      const work = async () => {
        while (from < drafts.length) {
          const part = drafts.slice(from, (from += together));
          await this.makeSome(
            part.map((draft) => this.begin(draft, batch, attempts, call)),
            cause,
            token,
          );
        }
      };
      await Promise.all([work(), work()]);
    } catch (error) {
      if (error instanceof DomainError) await this.giveUp(batch, faultOf(error).explanation, cause);
      throw error;
    }
    await this.bulkImports.execute(batch, { type: 'AcceptBulkImport', actor: call.actor, at: new Date() }, cause);
  }

  private begin(draft: Draft, batch: string, attempts: number, { actor, cause: { requestId } }: Call) {
    const ids = { id: uuidOf(batch, draft.line), task: uuidOf(batch, draft.line, 'task') };
    return { id: ids.id, command: itemCommand(draft, { ...ids, batch, attempts, requestId, actor, at: new Date() }) };
  }

  /** All at once; where some were made by the same request before, or are made now, the others one by one. */
  private async makeSome(items: readonly Begun[], cause: Call['cause'], token: string | undefined): Promise<void> {
    const tasks = items.map(({ id, command: { task } }) => ({ id, task }));
    const keeper = this.addresses.keeper();
    const told = items.map(({ id, command }) => ({
      id,
      command: withAddresses(command, (address) => keeper.alias(id, address)),
    }));
    try {
      const alongside = await keeper.statements();
      if (token !== undefined) alongside.push(await this.credentials.keepForAll(tasks, token));
      await this.images.executeNew(told, cause, alongside);
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      if (items.length > 1) for (const one of items) await this.makeSome([one], cause, token);
      else if ((await this.images.load(items[0]!.id)).version === 0) throw error;
    }
  }

  /** What was made of it is cancelled by a worker. */
  private async giveUp(id: string, reason: string, cause: Call['cause']): Promise<void> {
    await this.bulkImports.execute(id, { type: 'CancelBulkImport', reason, actor: systemActor, at: new Date() }, cause);
  }

  /** Asked before anything is made; the append of each image has the last word. @throws DomainError quota-exceeded */
  private async assertRoom(drafts: readonly Draft[], actor: Actor): Promise<void> {
    const owners = new Map<string | null, number>();
    for (const { attributes } of drafts) {
      const owner = (attributes.owner as string | undefined) ?? actor.projectId;
      owners.set(owner, (owners.get(owner) ?? 0) + 1);
    }
    for (const [project, length] of owners) {
      if (project === null) continue;
      const usage = await this.catalog.usage(project);
      for (const what of ['images', 'uploading'] as const) {
        const limit = this.config.projectQuotas[what];
        if (limit < 0n || usage[what] + BigInt(length) <= limit) continue;
        const [used, wanted] = [usage[what].toString(), String(length)];
        const excess = { project, resource: quotaResources[what], limit: limit.toString(), usage: used, wanted };
        throw new DomainError('quota-exceeded', excess);
      }
    }
  }
}

interface Begun {
  readonly id: string;
  readonly command: ImageCommandOf<'ImportItem'>;
}

/** With which the items' data comes. */
const tokenOf = ({ source }: BulkRequest) => (source && 'glance' in source ? source.glance.token : undefined);

/** @throws Fault 400 that names every item that cannot be used */
function refuse(invalid: readonly Problem[], { items, problems }: BulkRequest): void {
  if (invalid.length === 0) return;
  const lines = new Set(invalid.map(({ line }) => line));
  const all = items.length + problems.length;
  const text = `${lines.size} of ${all} items cannot be used; nothing was made.`;
  throw new Fault(400, text, {}, { invalid: invalid.toSorted((a, b) => a.line - b.line) });
}
