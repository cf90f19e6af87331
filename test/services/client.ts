import type { Readable } from 'node:stream';
import { request } from 'undici';

/** An image as the API shows it; the parts that specs look at. */
export interface ImageJson extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly owner: string;
  readonly size: number | null;
  readonly os_hash_value: string | null;
}

export class Answer {
  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, string>>,
    readonly bytes: Buffer,
  ) {}

  get text(): string {
    return this.bytes.toString();
  }

  get json(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.text) as Record<string, unknown>;
  }

  get image(): ImageJson {
    return this.json as ImageJson;
  }

  get images(): ImageJson[] {
    return this.json.images as ImageJson[];
  }
}

/** An object is sent as JSON, a string as it is, bytes and streams as image data. */
export type Body = object | string | Buffer | Readable;
type Headers = Readonly<Record<string, string>>;

const isBytes = (body: Body): body is Buffer | Readable => Buffer.isBuffer(body) || 'pipe' in Object(body);

/** One user of a running Vitrine. */
export class Client {
  constructor(
    readonly url: string,
    readonly token: string | undefined,
    readonly projectId = '',
    readonly userId = '',
  ) {}

  get(path: string, headers?: Headers): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: Body, headers?: Headers): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  put(path: string, body?: Body, headers?: Headers): Promise<Answer> {
    return this.send('PUT', path, body, headers);
  }

  delete(path: string, headers?: Headers): Promise<Answer> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** A PATCH of the v2.1 form. */
  patch(id: string, operations: readonly object[], headers?: Headers): Promise<Answer> {
    const type = 'application/openstack-images-v2.1-json-patch';
    return this.send('PATCH', `/v2/images/${id}`, operations, { 'content-type': type, ...headers });
  }

  /** An image that can take data at once. */
  async createImage(attributes: object = {}): Promise<ImageJson> {
    const answer = await this.post('/v2/images', { disk_format: 'raw', container_format: 'bare', ...attributes });
    if (answer.status !== 201) throw new Error(`creating an image was answered ${answer.status}: ${answer.text}`);
    return answer.image;
  }

  /** An active image with these bytes. */
  async createActive(bytes: Buffer, attributes: object = {}): Promise<ImageJson> {
    const { id } = await this.createImage(attributes);
    const answer = await this.upload(id, bytes);
    if (answer.status !== 204) throw new Error(`uploading was answered ${answer.status}: ${answer.text}`);
    return this.show(id);
  }

  upload(id: string, bytes: Buffer | Readable, headers?: Headers): Promise<Answer> {
    return this.put(`/v2/images/${id}/file`, bytes, headers);
  }

  async show(id: string): Promise<ImageJson> {
    return (await this.get(`/v2/images/${id}`)).image;
  }

  async history(id: string): Promise<EventJson[]> {
    return (await this.get(`/vitrine/v1/images/${id}/history`)).json.events as EventJson[];
  }

  /** The image once it looks so; asks again and again for at most a minute. */
  async until(id: string, fits: (image: ImageJson) => boolean): Promise<ImageJson> {
    return eventually(() => this.show(id), fits, `image ${id}`);
  }

  async send(method: string, path: string, body?: Body, headers: Headers = {}): Promise<Answer> {
    const answer = await request(`${this.url}${path}`, {
      method: method as 'GET',
      headers: {
        ...(this.token !== undefined && { 'x-auth-token': this.token }),
        ...(body !== undefined && { 'content-type': isBytes(body) ? 'application/octet-stream' : 'application/json' }),
        accept: 'application/json',
        ...headers,
      },
      body: body === undefined || isBytes(body) || typeof body === 'string' ? body : JSON.stringify(body),
      headersTimeout: 60_000,
    });
    const flat = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
    return new Answer(
      answer.statusCode,
      Object.fromEntries(flat) as Headers,
      Buffer.from(await answer.body.arrayBuffer()),
    );
  }
}

/** An event as the history shows it. */
export interface EventJson {
  readonly type: string;
  readonly time: string;
  readonly position: number;
  readonly actor: { readonly user_id: string; readonly project_id: string | null };
  readonly request_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

const pollMs = 50;

/** Asks until the answer fits; a bound instead of a hang. */
export async function eventually<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  what: string,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${what} is still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
