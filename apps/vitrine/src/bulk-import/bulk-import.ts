import { randomUUID } from 'node:crypto';
import { CloudError, readCloud } from '../openstack/clouds.js';
import { Session } from '../openstack/session.js';
import { readArguments, usage, UsageError, type Change, type Values, type Wanted } from './arguments.js';
import { BulkImportApi, Refusal, type BulkView } from './bulk-import-api.js';
import { follow, isOver } from './follow.js';
import { givenFile, givenSource, isUrl, kindOf, type Given, type OtherService } from './given.js';
import { JsonOutput, print, TextOutput, type Output } from './output.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Exit codes, for scripts. */
const codes = { well: 0, failed: 1, refused: 2, interrupted: 130 } as const;
const mostFailedShown = 20;
const mostBars = 8;

const paths = { cancel: 'cancel', pause: 'pause', resume: 'resume', retry: 'retry-failed' } as const satisfies Record<
  Change,
  string
>;

/** `vitrine bulk-import …`. Resolves to the exit code. */
export async function bulkImport(env: Env, args: readonly string[]): Promise<number> {
  // Nobody reads any more: that is no reason to end (print).
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let wanted: Wanted;
  try {
    wanted = readArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(`vitrine bulk-import: ${error.message}\n\n${usage}`, process.stderr);
    return codes.refused;
  }
  if (wanted.what === 'help') {
    print(usage);
    return codes.well;
  }
  return new BulkImportCommand(env, wanted.values).run(wanted);
}

class BulkImportCommand {
  private readonly output: Output;
  private readonly interrupted = new AbortController();
  /** known once it was accepted */
  private id: string | undefined;

  constructor(
    private readonly env: Env,
    private readonly values: Values,
  ) {
    this.output = values.json ? new JsonOutput() : new TextOutput(process.stdout);
  }

  async run(wanted: Exclude<Wanted, { what: 'help' }>): Promise<number> {
    const interrupt = () => this.interrupted.abort();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
    let session: Session | undefined;
    try {
      session = new Session(readCloud(this.env, this.values['os-cloud']));
      const api = new BulkImportApi(session);
      return await (wanted.what === 'request' ? this.request(api, wanted.from) : this.onOne(api, wanted));
    } catch (error) {
      return this.explain(error);
    } finally {
      this.output.stop();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
      await session?.close();
    }
  }

  private async request(api: BulkImportApi, from: string | undefined): Promise<number> {
    const { watch, 'idempotency-key': key } = this.values;
    const given = await this.given(from);
    const made = await api.request(given, key ?? randomUUID(), this.interrupted.signal);
    if ('dry_run' in made) {
      this.output.dryRun(made);
      return codes.well;
    }
    this.id = made.id;
    this.output.accepted(made);
    if (watch) return this.watch(api, made.id);
    if (!this.values.json) print(`watch it by: ${this.watching(made.id)}`);
    return codes.well;
  }

  private async given(from: string | undefined): Promise<Given> {
    if (from !== undefined && !isUrl(from)) return givenFile(from, this.values);
    const kind = kindOf(from, this.values);
    return givenSource(kind, from, kind === 'glance' ? await this.other(from) : undefined, this.values);
  }

  /** Its token is on no command line, where everybody could read it. */
  private async other(from: string | undefined): Promise<OtherService> {
    const { 'source-cloud': name } = this.values;
    const token = this.env.VITRINE_SOURCE_TOKEN;
    if (name === undefined && from !== undefined && token) return { endpoint: from, token };
    if (name === undefined)
      throw new UsageError('say whose image service it is by --source-cloud, or set VITRINE_SOURCE_TOKEN');
    const session = new Session(readCloud(this.env, name));
    try {
      return { endpoint: from ?? (await session.endpoint()), token: await session.token() };
    } finally {
      await session.close();
    }
  }

  private async onOne(api: BulkImportApi, { what, id }: Extract<Wanted, { id: string }>): Promise<number> {
    this.id = id;
    if (what !== 'status') {
      const isWithToken =
        what === 'retry' && (this.values['source-cloud'] ?? this.env.VITRINE_SOURCE_TOKEN) !== undefined;
      await api.change(id, paths[what], isWithToken ? (await this.other('-')).token : undefined);
    }
    if (this.values.watch) return this.watch(api, id);
    const code = await this.tell(api, await api.show(id));
    // What was asked for was done, whatever became of the images.
    return what === 'status' ? code : codes.well;
  }

  private async watch(api: BulkImportApi, id: string): Promise<number> {
    let last: BulkView | undefined;
    for await (const view of follow(api, id, this.interrupted.signal)) {
      last = view;
      const hasScreen = process.stdout.isTTY && !this.values.json;
      const running = hasScreen && view.items.running > 0 ? await api.items(id, 'running', mostBars) : [];
      if (!isOver(view)) this.output.progress(view, running);
    }
    const code = await this.tell(api, last!);
    return code === codes.well && last!.items.done < last!.items.total ? codes.failed : code;
  }

  private async tell(api: BulkImportApi, view: BulkView): Promise<number> {
    const failed = view.items.failed > 0 ? await api.items(view.id, 'failed', mostFailedShown) : [];
    this.output.result(view, failed);
    const isHeldUp = isOver(view) && view.status !== 'finished';
    return isHeldUp || view.items.failed > 0 || view.items.cancelled > 0 ? codes.failed : codes.well;
  }

  private explain(error: unknown): number {
    if (this.interrupted.signal.aborted) {
      this.output.stop();
      const next =
        this.id === undefined
          ? 'it may have been accepted or not'
          : `the import goes on; watch it by: ${this.watching(this.id)}`;
      print(`\nvitrine bulk-import: ${next}`, process.stderr);
      return codes.interrupted;
    }
    if (error instanceof Refusal) this.output.refused(error.message, error.invalid);
    else if (error instanceof CloudError || error instanceof UsageError) this.output.refused(error.message, []);
    else throw error;
    return codes.refused;
  }

  private watching(id: string): string {
    const { 'os-cloud': cloud } = this.values;
    return `vitrine bulk-import status ${id} --watch${cloud === undefined ? '' : ` --os-cloud ${cloud}`}`;
  }
}
