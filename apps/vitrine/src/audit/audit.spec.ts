import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';

let test: TestDatabase;
beforeAll(async () => {
  // With the starting set of metadata definitions: some hundred events.
  test = await createTestDatabase('installed');
});
afterAll(() => test.drop());

const program = fileURLToPath(new URL('../main.js', import.meta.url));

function audit(...args: readonly string[]) {
  const env = { ...process.env, DATABASE_URL: test.url };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'audit', ...args], { env });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

describe('vitrine audit verify', () => {
  it('ends with 0 and says how far the log is whole, and how fast that was seen', () => {
    const whole =
      /^the chain is whole up to position \d+, hash [0-9a-f]{64}\nno checkpoint is in it\n\d+ events in \d+\.\d s, \d+ events\/s\n$/;
    expect(audit('verify')).toEqual({ status: 0, stdout: expect.stringMatching(whole), stderr: '' });
    expect(audit('verify', '--from', '5').stdout).toMatch(whole);
  });

  it.each([
    [[]],
    [['prove']],
    [['verify', '--from', '0']],
    [['verify', '--from', 'x']],
    [['verify', '--what']],
    [['verify', 'x']],
    [['verify', '--from', '1', '--export', 'x']],
    [['export']],
    [['export', 'a', 'b']],
    [['check-proof', 'a']],
    [['key', 'x']],
  ])('ends with 2 when it is asked %j', (args) => {
    expect(audit(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: vitrine audit') });
  });

  it('ends with 2 when what it was given cannot be used, so that nothing looks checked', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vitrine-audit-'));
    const file = join(directory, 'no-key.pem');
    writeFileSync(file, 'x');
    const refused = (...args: string[]) => {
      const { status, stdout, stderr } = audit(...args);
      expect([status, stdout]).toEqual([2, '']);
      return stderr;
    };
    expect(refused('verify', '--public-key', file)).toMatch(/no-key.pem cannot be used as --public-key: there is no/);
    expect(refused('verify', '--checkpoints', directory)).toMatch(/--checkpoints: there is no checkpoint in it/);
    expect(refused('verify', '--checkpoints', file)).toMatch(/no-key.pem is no JSON/);
    expect(refused('verify', '--export', directory)).toMatch(/holds no export/);
    expect(refused('export', directory)).toMatch(/is not empty/);
    expect(refused('key')).toMatch(/VITRINE_SEAL_KEY_FILE is not set/);
    rmSync(directory, { recursive: true });
  });

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
