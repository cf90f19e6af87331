import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ImageCommand, ImageState } from '#domain';
import type { AggregateChange, Statement } from '#event-store';
import { Images } from '#platform';
import type { Call } from '../http/caller.js';

type Untimed<C> = C extends ImageCommand ? Omit<C, 'actor' | 'at'> : never;

/** One domain command on one image, by whoever calls, now. */
export class RunImageCommand extends Command<AggregateChange<ImageState>> {
  constructor(
    readonly imageId: string,
    readonly command: Untimed<ImageCommand>,
    readonly call: Call,
    /** to be written in the same transaction */
    readonly alongside: readonly Statement[] = [],
  ) {
    super();
  }
}

/** Trip 1, a change: load the stream, fold, decide, append with the catalogue's rows. The rules are the domain's. */
@CommandHandler(RunImageCommand)
export class RunImageCommandHandler implements ICommandHandler<RunImageCommand> {
  constructor(@Inject(Images) private readonly images: Images) {}

  execute({ imageId, command, call, alongside }: RunImageCommand): Promise<AggregateChange<ImageState>> {
    const timed = { ...command, actor: call.actor, at: new Date() } as ImageCommand;
    return this.images.execute(imageId, timed, call.cause, call.expected, alongside);
  }
}
