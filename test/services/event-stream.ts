import type { Readable } from 'node:stream';
import { request } from 'undici';
import { Answer, eventually, type Client } from './client.js';

/** A message of a text/event-stream, as the HTML standard would dispatch it. */
export interface StreamMessage {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const path = '/vitrine/v1/events/stream';

/** A reader of a live stream, who may be slow: nothing is taken from the socket before `read`. */
export class StreamReader {
  readonly messages: StreamMessage[] = [];
  /** as a browser would send it to come back */
  lastEventId = '';
  hasEnded = false;
  /** by its writer, and not because the line was cut */
  wasEnded = false;
  private text = '';

  private constructor(private readonly body: Readable) {}

  /** Undefined streams are answers that refuse. */
  static async ask(
    client: Client,
    query = '',
    lastEventId?: string,
  ): Promise<{ answer: Answer; stream: StreamReader | undefined }> {
    const { statusCode, headers, body } = await request(`${client.url}${path}?${query}`, {
      headers: {
        ...(client.token !== undefined && { 'x-auth-token': client.token }),
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      bodyTimeout: 0,
    });
    const isStream = statusCode === 200;
    const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const bytes = isStream ? Buffer.alloc(0) : Buffer.from(await body.arrayBuffer());
    return { answer: new Answer(statusCode, flat, bytes), stream: isStream ? new StreamReader(body) : undefined };
  }

  /** One that reads on from here by itself. */
  static async open(client: Client, query = '', lastEventId?: string): Promise<StreamReader> {
    const { answer, stream } = await StreamReader.ask(client, query, lastEventId);
    if (!stream) throw new Error(`the stream was answered ${answer.status}: ${answer.text}`);
    stream.read();
    return stream;
  }

  read(): void {
    this.body.on('data', (chunk: Buffer) => this.hear(chunk.toString()));
    this.body.on('error', () => undefined);
    this.body.on('end', () => (this.wasEnded = true));
    this.body.on('close', () => (this.hasEnded = true));
  }

  /** For at most a minute. */
  async until(fits: (messages: readonly StreamMessage[]) => boolean, what = 'the stream'): Promise<StreamMessage[]> {
    await eventually(
      () => Promise.resolve(this.messages.length),
      () => fits(this.messages),
      what,
    );
    return this.messages;
  }

  untilEnd(): Promise<boolean> {
    return eventually(() => Promise.resolve(this.hasEnded), Boolean, 'the open stream');
  }

  close(): void {
    this.body.on('error', () => undefined);
    this.body.destroy();
  }

  /** Bytes beyond ASCII are split by no chunk here: JSON of specs has none. */
  private hear(text: string): void {
    const blocks = (this.text + text).split('\n\n');
    this.text = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      this.lastEventId = field('id') ?? this.lastEventId;
      const data = field('data');
      if (data === undefined) continue;
      const parsed = JSON.parse(data) as StreamMessage['data'];
      this.messages.push({ id: this.lastEventId, event: field('event')!, data: parsed });
    }
  }
}

export const positionsOf = (messages: readonly StreamMessage[]) => messages.map(({ data }) => Number(data.position));
