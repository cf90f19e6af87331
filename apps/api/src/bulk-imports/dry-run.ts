import type { Config } from '#config';
import { ForbiddenSource, sizeOfWebSource, WebSourceError } from '#image-data';
import type { Problem } from './given-items.js';
import type { Draft } from './item-rules.js';

const atOnce = 16;

/** What the servers say of the items' data, asked by HEAD; nothing is changed. */
export interface Probed {
  readonly problems: Problem[];
  /** bytes, of those whose size is said */
  readonly bytes: bigint;
  /** items whose size is not said */
  readonly unknown: number;
}

/** Every address of every item, some of them at once; of another image service the list has told it. */
export async function probe(
  drafts: readonly Draft[],
  config: Pick<Config, 'imports' | 'imageSizeCap'>,
): Promise<Probed> {
  const problems: Problem[] = [];
  let bytes = 0n;
  let unknown = 0;
  const left = drafts.values();
  const work = async () => {
    for (const { line, urls, size: told } of left) {
      const sizes = new Set<bigint>(typeof told === 'number' ? [BigInt(told)] : []);
      for (const url of told === undefined ? urls : []) {
        try {
          const size = await sizeOfWebSource(url, config.imports);
          if (size !== undefined) sizes.add(size);
        } catch (error) {
          if (!(error instanceof ForbiddenSource || error instanceof WebSourceError)) throw error;
          problems.push({ line, field: 'url', problem: error.message });
        }
      }
      const [size] = sizes;
      if (sizes.size > 1) problems.push({ line, field: 'urls', problem: 'the mirrors have data of different sizes' });
      if (size === undefined) unknown++;
      else if (size > config.imageSizeCap) {
        problems.push({ line, field: 'url', problem: `its ${size} bytes are more than an image may have` });
      } else bytes += size;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { problems: problems.sort((a, b) => a.line - b.line), bytes, unknown };
}
