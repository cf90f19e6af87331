import { execSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as make from '../../../test/services/built-images.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-inspect-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const program = fileURLToPath(new URL('./main.js', import.meta.url));

function vitrineInspect(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'inspect', ...args]);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

function fileOf(name: string, bytes: Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

describe('vitrine inspect', () => {
  it('tells what a safe file is and ends with 0', () => {
    const file = fileOf('safe.qcow2', make.qcow2());
    const { status, stdout, stderr } = vitrineInspect([file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      file,
      '  format        qcow2 (version 3)',
      '  size          1024 bytes',
      '  virtual size  5368709120 bytes',
      '  verdict       safe',
      '',
    ]);
  });

  it('tells why a file is not safe and ends with 1', () => {
    const { status, stdout } = vitrineInspect([fileOf('unsafe', make.iso([0, make.qcow2([8, 512, 'u64be'])]))]);
    expect(status).toBe(1);
    expect(stdout).toContain('format        qcow2 and iso');
    expect(stdout).toContain('verdict       unsafe\n');
    expect(stdout).toContain('(several-formats)');
    expect(stdout).toContain('(qcow2-backing-file)');
  });

  it('tells it to programs as JSON', () => {
    const file = fileOf('luks2', make.luks([6, 2, 'u16be']));
    for (const args of [
      ['--json', file],
      [file, '--json'],
    ]) {
      const { status, stdout } = vitrineInspect(args);
      expect(status).toBe(1);
      expect(JSON.parse(stdout)).toEqual({
        ...{
          file,
          format: 'luks',
          formats: ['luks'],
          variant: 'version 2',
          size: 2048,
          virtual_size: null,
          safe: false,
        },
        dangers: [{ name: 'luks-version', reason: 'it is LUKS of another version than 1' }],
      });
    }
    const exact = fileOf('exact', make.qcow2([24, 2n ** 63n - 1n, 'u64be']));
    expect(vitrineInspect(['--json', exact]).stdout).toContain('"virtual_size":9223372036854775807');
  });

  it('reads only the ends of a large file, and takes a pipe', () => {
    const file = fileOf('large.vhd', Buffer.alloc(0));
    truncateSync(file, 200 * 2 ** 30);
    writeFileSync(file, make.vhdFixed(), { flag: 'a' });
    const { status, stdout } = vitrineInspect([file]);
    expect(status).toBe(0);
    expect(stdout).toContain('vhd (fixed)');
    expect(stdout).toContain(`size          ${200 * 2 ** 30 + 2048} bytes`);
    const pipe = `cat ${fileOf('piped.vdi', make.vdi())} | ${process.execPath} ${program} inspect /dev/stdin`;
    expect(execSync(pipe).toString()).toContain('vdi (dynamic)');
  });

  it('prints no text of a file that could steer a terminal', () => {
    const text = make.soundDescriptor.replace('monolithicSparse', '\x1b[2Jevil');
    const { status, stdout } = vitrineInspect([fileOf('escape.vmdk', make.vmdk(text))]);
    expect(status).toBe(1);
    expect(stdout).not.toContain('\x1b');
  });

  it.each([
    ['is not there', () => [join(directory, 'nothing')], /nothing cannot be read: ENOENT/],
    ['is a directory', () => [directory], /cannot be read: EISDIR/],
    ['was not named', () => [], /usage: vitrine inspect/],
    ['is one of two', () => ['a', 'b'], /usage: vitrine inspect/],
    ['is an option', () => ['--yaml'], /usage: vitrine inspect/],
  ])('ends with 2 when the file %s', (_, args, message) => {
    const { status, stdout, stderr } = vitrineInspect(args());
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
