import { randomUUID } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { MetadefCatalog } from '#catalog';
import { DomainError, type MetadefCommand, type MetadefNamespace } from '#domain';
import { Metadefs } from '#platform';
import type { Call } from '../http/caller.js';

type Untimed<C> = C extends { readonly type: 'CreateNamespace' }
  ? Omit<C, 'actor' | 'at' | 'id'>
  : C extends MetadefCommand
    ? Omit<C, 'actor' | 'at'>
    : never;

/** One domain command on the namespace of that name, by whoever calls, now; on a new one when there is no name yet. */
export class RunMetadefCommand extends Command<MetadefNamespace> {
  constructor(
    readonly namespace: string | undefined,
    readonly command: Untimed<MetadefCommand>,
    readonly call: Call,
  ) {
    super();
  }
}

/** Trip 1, a change. The catalogue knows which stream has the name; the rules are the domain's. */
@CommandHandler(RunMetadefCommand)
export class RunMetadefCommandHandler implements ICommandHandler<RunMetadefCommand> {
  constructor(
    @Inject(Metadefs) private readonly metadefs: Metadefs,
    @Inject(MetadefCatalog) private readonly catalog: MetadefCatalog,
  ) {}

  async execute({ namespace, command, call }: RunMetadefCommand): Promise<MetadefNamespace> {
    const id = namespace === undefined ? randomUUID() : await this.idOf(namespace);
    const timed = { ...command, id, actor: call.actor, at: new Date() } as MetadefCommand;
    const { state } = await this.metadefs.execute(id, timed, call.cause);
    return state!;
  }

  private async idOf(namespace: string): Promise<string> {
    const found = await this.catalog.find(namespace);
    if (!found) throw new DomainError('namespace-not-found', { namespace });
    return found.id;
  }
}
