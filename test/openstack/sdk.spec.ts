import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { startWebServer } from '../services/web-server.js';
import { CommandLine } from './command-line.js';
import { OpenStackCloud } from './openstack-cloud.js';

const script = fileURLToPath(new URL('../../../test/openstack/sdk.py', import.meta.url));

it('openstacksdk creates, finds, changes, downloads, shares, imports and deletes images', async () => {
  const data = randomBytes(400_000);
  const web = await startWebServer((_, answer) => answer.end(data));
  const openstack = await OpenStackCloud.start('sdk', { VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
  try {
    const line = new CommandLine(openstack);
    writeFileSync(join(line.directory, 'disk.raw'), data);
    const { projectId } = openstack.as('bob');
    const { out } = await line.run('/usr/bin/python3', [script, `${web.url}/disk.raw`, 'disk.raw', projectId]);
    const seen = JSON.parse(out) as { created: string; staged: string; imported: string };
    expect(seen).toEqual({
      ...{ created: seen.created, 'not uploaded twice': true, found: [true, true], unknown: null },
      ...{ downloaded: true, streamed: true, members: [[projectId, 'pending']], 'members left': 0 },
      ...{ deactivated: 'deactivated', staged: seen.staged, imported: seen.imported },
      ...{
        stores: ['one', 'two', 'web'],
        schema: 'image',
      },
      ...{ 'one a page': 2, deleted: [true, false] },
    });

    const alice = openstack.as('alice');
    expect(await alice.show(seen.created)).toMatchObject({
      ...{ name: 'renamed', status: 'active', size: data.length, tags: ['green'], color: 'green' },
      ...{ min_ram: 32, min_disk: 1 },
    });
    for (const id of [seen.staged, seen.imported]) {
      expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(data)).toBe(true);
    }
  } finally {
    await openstack.stop();
    await web.stop();
  }
});
