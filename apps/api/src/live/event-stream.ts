import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Whoever takes nothing for so long is sent away, and goes on from where he was when he comes back. */
const stallMs = 60_000;
/** What clients wait before they come back. */
const retryMs = 2_000;

export interface Message {
  /** where to go on after it (Last-Event-ID) */
  readonly id: string;
  /** absent: it moves the id only, and is nothing to the page */
  readonly event?: string;
  /** JSON text, of one line */
  readonly data?: string;
}

/** As the HTML standard has it, "Server-sent events". */
export function messageText({ id, event, data }: Message): string {
  return `id: ${id}\n${event === undefined ? '' : `event: ${event}\ndata: ${data ?? ''}\n`}\n`;
}

/** An answer of type text/event-stream. Nothing is kept for a reader who is slow: what is sent has been taken. */
export class EventStream {
  private constructor(private readonly raw: ServerResponse) {}

  static open(reply: FastifyReply): EventStream {
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    raw.on('error', () => undefined);
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=UTF-8',
      'cache-control': 'no-store',
      // A proxy (nginx) that collects answers would tell nothing.
      'x-accel-buffering': 'no',
    });
    raw.write(`retry: ${retryMs}\n\n`);
    return new EventStream(raw);
  }

  get isOpen(): boolean {
    return !this.raw.destroyed && !this.raw.closed && !this.raw.writableEnded;
  }

  onClose(told: () => void): void {
    if (this.isOpen) this.raw.once('close', told);
    else told();
  }

  /** Resolves when the kernel has taken it, or the reader has gone. */
  send(text: string): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    const { raw } = this;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(stalled);
        raw.off('close', done);
        resolve();
      };
      const stalled = setTimeout(() => raw.destroy(), stallMs);
      raw.once('close', done);
      raw.write(text, done);
    });
  }

  /** @param why for whoever reads along */
  end(why: string): void {
    if (!this.isOpen) return;
    this.raw.end(`: ${why}\n\n`);
    // Whoever takes nothing does not hold up a process that stops.
    if (this.raw.writableNeedDrain) this.raw.destroy();
  }
}
