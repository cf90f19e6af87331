import { randomFillSync } from 'node:crypto';
import { Inspection } from '#image-data';
import { digestsAlone, mebibytes } from './digests-alone.js';
import { paired, type Row } from './measure.js';

const rounds = 5;
/** A single one is too short for the clock. */
const passes = 20;

/** What looking into an upload adds to it, beside the part of it that costs the most. */
export async function inspection(): Promise<Row[]> {
  const slabs = Array.from({ length: 4 }, () => randomFillSync(new Uint8Array(new SharedArrayBuffer(1 << 20))));
  const inspectOnly = () => {
    const before = process.cpuUsage();
    for (let pass = 0; pass < passes; pass++) {
      const inspected = new Inspection();
      for (let n = 0; n < mebibytes; n++) inspected.push(slabs[n % slabs.length]!);
      inspected.finish();
    }
    const { user, system } = process.cpuUsage(before);
    return Promise.resolve((user + system) / 1000 / mebibytes / passes);
  };
  const measured = await paired(rounds, inspectOnly, digestsAlone);
  return [
    {
      ...measured,
      what: 'inspection of 1 GiB',
      unit: 'CPU ms/MiB',
      reference: 'the two digests alone',
      target: { atMost: 0.03 },
    },
  ];
}
