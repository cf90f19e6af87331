import { request as open } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as make from '../services/built-images.js';
import { eventually } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const hostile: Readonly<Record<string, Buffer>> = {
  'qcow2-backing-file': make.qcow2([8, 512, 'u64be'], [16, 11, 'u32be'], [512, '/etc/passwd']),
  'qcow2-data-file': make.qcow2([72, 4, 'u64be']),
  'vmdk-extent-type': make.vmdk(make.soundDescriptor.replace('SPARSE', 'FLAT')),
  'several-formats': make.iso([0, make.qcow2()]),
  'vhd-parent': make.vhdFixed([1596, 4, 'u32be']),
};
const reasons = Object.keys(hostile);

const asked: string[] = [];
let release: () => void;
/** Until then the server does not answer when it is asked for /held. */
const held = new Promise<void>((resolve) => (release = resolve));

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
beforeAll(async () => {
  web = await startWebServer((request, answer) => {
    asked.push(request.url!);
    const send = () => answer.end(hostile[request.url!.slice(1)] ?? make.qcow2());
    if (request.url === '/held') void held.then(send);
    else send();
  });
  world = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
});

const failuresOf = async (id: string) => (await world.alice.history(id)).filter(({ type }) => type.endsWith('Failed'));

describe('an upload of dangerous data', () => {
  it.each(reasons)('is answered 415 for %s; the reason is in the history, no byte is kept', async (reason) => {
    const { alice, cloud } = world;
    const { id } = await alice.createImage();
    const answer = await alice.upload(id, hostile[reason]!);
    expect(answer).toMatchObject({ status: 415 });
    expect(answer.json.message).toContain(`(${reason})`);
    expect(await alice.show(id)).toMatchObject({ status: 'queued', size: null, virtual_size: null });
    expect(await failuresOf(id)).toEqual([
      expect.objectContaining({
        type: 'ImageUploadFailed',
        data: expect.objectContaining({ reason: expect.stringContaining(`(${reason})`) }),
      }),
    ]);
    await cloud.untilObjects(id, 0);
    expect(await alice.upload(id, Buffer.from('safe'))).toMatchObject({ status: 204 });
  });

  it('is answered before all of it has come', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const headers = { 'x-auth-token': alice.token, 'content-type': 'application/octet-stream' };
    const upload = open(`${alice.url}/v2/images/${id}/file`, { method: 'PUT', headers });
    upload.on('error', () => undefined);
    upload.write(Buffer.concat([hostile['qcow2-data-file']!, Buffer.alloc(2 << 20)]));
    const [answer] = (await once(upload, 'response')) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(415);
    upload.destroy();
    await alice.until(id, ({ status }) => status === 'queued');
  });
});

describe('disk_format', () => {
  it('must be what the data is; the image waits for other data or another format', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ disk_format: 'vmdk' });
    const answer = await alice.upload(id, make.qcow2());
    expect(answer).toMatchObject({ status: 415 });
    expect(answer.json.message).toMatch(/The data is qcow2, but disk_format says vmdk: .*\(format-mismatch\)/);
    await alice.patch(id, [{ op: 'replace', path: '/disk_format', value: 'qcow2' }]);
    expect(await alice.upload(id, make.qcow2())).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ status: 'active', size: 1024, virtual_size: 5 * 2 ** 30 });
    expect((await alice.history(id)).find(({ type }) => type === 'ImageDataUploaded')).toMatchObject({
      data: { format: 'qcow2' },
    });
  });

  it('raw takes safe data of any format, and a guest sees its bytes', async () => {
    expect(await world.alice.createActive(make.qcow2())).toMatchObject({ size: 1024, virtual_size: 1024 });
  });

  it('is not compared with what is packed in a container', async () => {
    const packed = { disk_format: 'vmdk', container_format: 'ova' };
    expect(await world.alice.createActive(make.ova(), packed)).toMatchObject({ status: 'active', virtual_size: null });
  });

  it('is not compared where that is switched off; dangers are refused all the same', async () => {
    const other = await startCloud({ VITRINE_REQUIRE_FORMAT_MATCH: 'no' });
    try {
      expect(await other.alice.createActive(make.qcow2(), { disk_format: 'vmdk' })).toMatchObject({ status: 'active' });
      const { id } = await other.alice.createImage({ disk_format: 'vmdk' });
      expect(await other.alice.upload(id, hostile['qcow2-data-file']!)).toMatchObject({ status: 415 });
    } finally {
      await other.cloud.remove();
    }
  });
});

describe('an import of dangerous data', () => {
  const untilFailed = async (id: string, reason: string) => {
    const { alice, cloud } = world;
    const image = await alice.until(id, ({ status }) => status === 'queued');
    expect(image).toMatchObject({ size: null, os_glance_failed_import: 'local' });
    const [task] = (await alice.get(`/v2/images/${id}/tasks`)).json.tasks as { status: string; message: string }[];
    expect(task).toMatchObject({ status: 'failure', message: expect.stringContaining(`(${reason})`) });
    // Trying again would not help.
    expect(await failuresOf(id)).toEqual([
      expect.objectContaining({
        type: 'ImageImportFailed',
        data: expect.objectContaining({ attempt: 1, retry_at: null, reason: expect.stringContaining(`(${reason})`) }),
      }),
    ]);
    await cloud.untilObjects(id, 0);
  };

  it.each(reasons)('from the web fails once, for %s, and no byte is kept', async (reason) => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const method = { name: 'web-download', uri: `${web.url}/${reason}` };
    expect(await alice.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 202 });
    await untilFailed(id, reason);
  });

  it('that was staged fails the same, and the staged copy goes', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ disk_format: 'qcow2' });
    expect(await alice.put(`/v2/images/${id}/stage`, hostile['qcow2-backing-file'])).toMatchObject({ status: 204 });
    const method = { name: 'glance-direct' };
    expect(await alice.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 202 });
    await untilFailed(id, 'qcow2-backing-file');
  });

  it('is one of another format than was declared', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ disk_format: 'iso' });
    const method = { name: 'web-download', uri: `${web.url}/sound` };
    await alice.post(`/v2/images/${id}/import`, { method });
    await untilFailed(id, 'format-mismatch');
  });
});

describe('an image whose disk_format is changed while its import runs', () => {
  it('is judged again by what it says now', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ disk_format: 'qcow2' });
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: `${web.url}/held` } });
    await eventually(
      () => Promise.resolve(asked),
      (paths) => paths.includes('/held'),
      'the request',
    );
    await alice.patch(id, [{ op: 'replace', path: '/disk_format', value: 'vmdk' }]);
    release();
    await alice.until(id, ({ status }) => status === 'queued');
    expect(await failuresOf(id)).toMatchObject([
      { data: { attempt: 1, reason: expect.stringMatching(/was changed while/), retry_at: expect.any(String) } },
      { data: { attempt: 2, reason: expect.stringMatching(/\(format-mismatch\)/), retry_at: null } },
    ]);
  });
});

describe('a min_disk that the disk does not fit into', () => {
  const warning = 'os_glance_min_disk_warning';

  it('stays as it was set, and the image says that it is too small until it is not', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ disk_format: 'qcow2', min_disk: 4 });
    expect(await alice.show(id)).not.toHaveProperty(warning);
    await alice.upload(id, make.qcow2());
    expect(await alice.show(id)).toMatchObject({
      min_disk: 4,
      [warning]: 'min_disk is 4 GiB, but the disk in this image needs 5 GiB',
    });
    expect(await alice.patch(id, [{ op: 'replace', path: '/min_disk', value: 5 }])).toMatchObject({ status: 200 });
    expect(await alice.show(id)).not.toHaveProperty(warning);
  });

  it('is none where nobody has set one, and nobody can write the warning', async () => {
    const { alice } = world;
    const { id } = await alice.createActive(make.qcow2(), { disk_format: 'qcow2' });
    expect(await alice.show(id)).not.toHaveProperty(warning);
    expect(await alice.patch(id, [{ op: 'add', path: `/${warning}`, value: 'x' }])).toMatchObject({ status: 403 });
  });
});
