import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { Bandwidth } from './bandwidth.js';

const inChunks = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

describe('a bandwidth', () => {
  it('is not exceeded by all downloads together, and every byte comes', async () => {
    const bandwidth = new Bandwidth(1_000_000);
    const [one, other] = [randomBytes(200_000), randomBytes(200_000)];
    let got: Buffer[] = [];
    const seconds = await secondsOf(async () => {
      got = await Promise.all([one, other].map((bytes) => buffer(bandwidth.paced(inChunks(bytes, 10_000)))));
    });
    // 400 kB less what a tenth of a second may run ahead
    expect(seconds).toBeGreaterThan(0.29);
    expect(got[0]!.equals(one) && got[1]!.equals(other)).toBe(true);
  });

  it('is shared in turns: a download that began later does not wait for the end of the first', async () => {
    const bandwidth = new Bandwidth(500_000);
    const ends: string[] = [];
    const long = buffer(bandwidth.paced(inChunks(randomBytes(300_000), 10_000))).then(() => ends.push('long'));
    const short = buffer(bandwidth.paced(inChunks(randomBytes(30_000), 10_000))).then(() => ends.push('short'));
    await Promise.all([long, short]);
    expect(ends).toEqual(['short', 'long']);
  });

  it('passes the failure of the source on', async () => {
    const broken = Readable.from(
      (async function* () {
        yield await Promise.resolve(Buffer.from('some'));
        throw new Error('cut');
      })(),
    );
    await expect(buffer(new Bandwidth(1_000_000).paced(broken))).rejects.toThrow('cut');
  });

  it('lets the source go when the reader gives up', async () => {
    const source = inChunks(randomBytes(300_000), 10_000);
    const paced = new Bandwidth(1_000_000).paced(source);
    paced.once('data', () => paced.destroy());
    await new Promise((resolve) => source.once('close', resolve));
    expect(source.destroyed).toBe(true);
  });

  it('without a limit is in nobody’s way', () => {
    const source = inChunks(randomBytes(10), 10);
    expect(new Bandwidth(undefined).paced(source)).toBe(source);
  });
});
