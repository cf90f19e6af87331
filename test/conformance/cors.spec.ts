import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
let nobody: Client;
const page = 'https://cloud.example.org';
beforeAll(async () => {
  world = await startCloud({ VITRINE_CORS_ORIGINS: `https://other.example.org,${page}` });
  nobody = new Client(world.url, undefined);
});
afterAll(() => world.cloud.remove());

describe('a page of a configured origin', () => {
  const wants = {
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'content-type,x-auth-token',
  };
  const allowed = { 'access-control-allow-origin': page, 'access-control-allow-credentials': 'true', vary: 'Origin' };

  it.each(['/v2/images', `/v2/images/${randomUUID()}/file`, '/nowhere/at/all', '/v2/images/%ff', '/'])(
    'is told before it has a token what it may send to %s',
    async (path) => {
      const answer = await nobody.send('OPTIONS', path, undefined, { origin: page, ...wants });
      expect(answer).toMatchObject({ status: 204, headers: allowed });
      expect(answer.headers).toMatchObject({
        'access-control-allow-methods': 'GET, PUT, POST, DELETE, PATCH',
        'access-control-max-age': '3600',
      });
      expect(answer.headers['access-control-allow-headers']!.toLowerCase().split(', ')).toEqual(
        expect.arrayContaining([
          ...['content-type', 'x-auth-token', 'x-csrftoken', 'x-openstack-request-id', 'x-image-meta-store'],
          ...['x-openstack-image-size', 'if-match', 'range'],
        ]),
      );
    },
  );

  it('may read every answer: a list, a download, a refusal, a missing token, a path that is not there', async () => {
    const { alice } = world;
    const { id } = await alice.createActive(Buffer.from('bytes'));
    const answers = await Promise.all([
      alice.get('/v2/images', { origin: page }),
      alice.get(`/v2/images/${id}/file`, { origin: page }),
      alice.get(`/v2/images/${randomUUID()}`, { origin: page }),
      alice.upload(id, Buffer.from('more'), { origin: page }),
      alice.put(`/v2/images/${id}/file`, {}, { origin: page }),
      nobody.get('/v2/images', { origin: page }),
      alice.get('/v2/images/%ff', { origin: page }),
      nobody.get('/v3', { origin: page }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 409, 415, 401, 400, 300]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject(allowed);
      expect(headers['access-control-expose-headers']!.split(', ')).toEqual(
        expect.arrayContaining([
          ...['X-OpenStack-Request-ID', 'ETag', 'Location', 'Content-MD5'],
          ...['OpenStack-image-import-methods', 'OpenStack-image-store-ids', 'Vitrine-Position'],
        ]),
      );
    }
  });

  it.each(['https://evil.example.org', `${page}.evil.org`, `${page}:8443`, 'http://cloud.example.org', 'null', '*'])(
    'is not %s, which gets nothing of it',
    async (origin) => {
      const { alice } = world;
      const preflight = await nobody.send('OPTIONS', '/v2/images', undefined, { origin, ...wants });
      expect(preflight.status).toBe(204);
      for (const { headers } of [preflight, await alice.get('/v2/images', { origin })]) {
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );

  it('shares no cached answer with those who sent no origin', async () => {
    expect((await nobody.get('/')).headers.vary).toBe('Origin');
  });
});
