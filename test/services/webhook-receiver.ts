import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { eventually } from './client.js';
import { startWebServer, type WebServer } from './web-server.js';

/** A delivery as it came. */
export interface Delivery {
  readonly id: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly event: Readonly<Record<string, unknown>> & { readonly data: Readonly<Record<string, unknown>> };
}

const takesAll = (_: Delivery, response: ServerResponse) => void response.writeHead(204).end();

/** Somebody who is told what happens; answers as he likes. */
export class WebhookReceiver {
  readonly deliveries: Delivery[] = [];
  /** deliveries under way at once, at most */
  most = 0;
  private underWay = 0;
  private server: WebServer | undefined;

  /** Ends the response, or not. */
  answer: (delivery: Delivery, response: ServerResponse) => void = takesAll;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.server = await startWebServer((request, response) => void receiver.take(request, response));
    return receiver;
  }

  /** As if it had just been started. */
  reset(): void {
    this.deliveries.length = 0;
    this.most = 0;
    this.answer = takesAll;
  }

  get url(): string {
    return `${this.server!.url}/hook?token=of-the-url`;
  }

  get port(): number {
    return this.server!.port;
  }

  stop(): Promise<void> {
    return this.server!.stop();
  }

  positions(): number[] {
    return this.deliveries.map(({ event }) => Number(event.id));
  }

  types(): string[] {
    return this.deliveries.map(({ event }) => String(event.type));
  }

  async until(fits: (deliveries: readonly Delivery[]) => boolean, what = 'what was delivered'): Promise<Delivery[]> {
    await eventually(
      () => Promise.resolve(this.types()),
      () => fits(this.deliveries),
      what,
    );
    return this.deliveries;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.most = Math.max(this.most, ++this.underWay);
    response.on('close', () => this.underWay--);
    const body = await text(request);
    const event = JSON.parse(body) as Delivery['event'];
    const delivery = { id: String(request.headers['webhook-id']), headers: request.headers, body, event };
    this.deliveries.push(delivery);
    this.answer(delivery, response);
  }
}

/** As a receiver checks it (standardwebhooks.com): by what came, his secret, and nothing of the sender's code. */
export function isSignedBy(secret: string, { headers, body }: Delivery): boolean {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const age = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']));
  const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return age < 300 && String(headers['webhook-signature']).split(' ').includes(expected);
}
