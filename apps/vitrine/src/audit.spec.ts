import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../test/services/database.js';

let test: TestDatabase;
beforeAll(async () => {
  // With the starting set of metadata definitions: some hundred events.
  test = await createTestDatabase('installed');
});
afterAll(() => test.drop());

const program = fileURLToPath(new URL('./main.js', import.meta.url));

function audit(...args: readonly string[]) {
  const env = { ...process.env, DATABASE_URL: test.url };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'audit', ...args], { env });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

describe('vitrine audit verify', () => {
  it('ends with 0 and says how far the log is whole, and how fast that was seen', () => {
    const whole =
      /^the chain is whole up to position \d+, hash [0-9a-f]{64}\n\d+ events in \d+\.\d s, \d+ events\/s\n$/;
    expect(audit('verify')).toEqual({ status: 0, stdout: expect.stringMatching(whole), stderr: '' });
    expect(audit('verify', '--from', '5').stdout).toMatch(whole);
  });

  it.each([[], ['prove'], ['verify', '--from', '0'], ['verify', '--from', 'x'], ['verify', '--what']])(
    'ends with 2 when it is asked %j',
    (...args) => {
      expect(audit(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: vitrine audit') });
    },
  );

  it('ends with 1 and names the first bad position and what is wrong there', async () => {
    await asAdmin(
      test.url,
      `alter table events disable trigger all; update events set payload = '{}' where position in (7, 9)`,
    );
    const { status, stdout } = audit('verify');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^position 7: its content is not what its hash was made of\n6 events in/);
    expect(audit('verify', '--from', '10')).toMatchObject({ status: 0 });
  });
});
