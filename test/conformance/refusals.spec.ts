import { STATUS_CODES } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { active, image, kept, queued, refusals } from './refusals.spec-kit.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
  const { alice, bob } = world;
  await alice.createActive(Buffer.from('bytes'), { id: active });
  await alice.post(`${image(active)}/members`, { member: bob.projectId });
  await alice.createImage({ id: queued, visibility: 'private', container_format: null });
  await alice.createImage({ id: kept, protected: true });
});
afterAll(() => world.cloud.remove());

/** Where Glance's wording is older than Node's. */
const titles: Readonly<Record<number, string>> = {
  413: 'Request Entity Too Large',
  416: 'Request Range Not Satisfiable',
};
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

describe('refused', () => {
  it.each(refusals)('$call with $status: $text', async ({ call, as = 'alice', body, headers, status, text }) => {
    const [method = '', path = ''] = call.split(' ');
    const title = titles[status] ?? STATUS_CODES[status]!;
    const code = `${status} ${title}`;

    const json = await world[as].send(method, path, body, { ...headers, accept: 'application/json' });
    expect(json.status).toBe(status);
    expect(json.json).toEqual({ message: `${text}<br /><br />\n\n\n`, code, title });
    expect(json.headers).toMatchObject({
      'content-type': 'application/json; charset=UTF-8',
      'x-openstack-request-id': expect.stringMatching(/^req-/),
    });

    const html = await world[as].send(method, path, body, { ...headers, accept: '*/*' });
    expect(html.status).toBe(status);
    expect(html.headers['content-type']).toBe('text/html; charset=UTF-8');
    const escaped = text.replace(/[&<>"']/g, (character) => entities[character]!);
    expect(html.text).toBe(
      `<html>\n <head>\n  <title>${code}</title>\n </head>\n <body>\n  <h1>${code}</h1>\n  ${escaped}<br /><br />\n\n\n\n </body>\n</html>`,
    );
  });

  it('is everything of the Image API without a token, before anything else is looked at', async () => {
    const nobody = new Client(world.url, undefined);
    for (const { call, body, headers } of refusals.filter(({ call: one }) => one.includes(' /v2/'))) {
      const [method = '', path = ''] = call.split(' ');
      expect(await nobody.send(method, path, body, headers)).toMatchObject({
        status: 401,
        json: { code: '401 Unauthorized', title: 'Unauthorized' },
        headers: { 'www-authenticate': `Keystone uri="${world.url}/identity/v3"` },
      });
    }
  });
});
