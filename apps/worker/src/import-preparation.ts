import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { TaskCatalog } from '#catalog';
import type { Config } from '#config';
import type { DataPreparation, DataReport, DiskFormat, Image, Import } from '#domain';
import {
  Confinement,
  convertDisk,
  decompress,
  examine,
  ingest,
  IngestError,
  isConvertible,
  type Decompressed,
} from '#image-data';
import { FileStore } from '#object-store';
import { CONFIG, LOGGER, type Logger } from '#platform';
import { Scratch, type ScratchDirectory } from './scratch.js';

export interface Source {
  readonly stream: Readable;
  /** bytes; undefined when nobody knows before they have come */
  readonly size: bigint | undefined;
  close(): Promise<void>;
}

/** Data as it is to be stored. */
export interface PreparedSource extends Source {
  /** what disk_format is, or will be with this data */
  readonly diskFormat: DiskFormat | null;
  /** nothing was done to it, nor will be while it is read */
  readonly isAsItCame: boolean;
  /** what was done; known once all was read */
  preparation(): DataPreparation;
}

const [original, result] = ['original', 'result'];
/** Of such images the data is not a disk, whatever it looks like. */
const notDisks = new Set<unknown>(['aki', 'ari', 'ami', 'iso']);
/** Kernels and ramdisks are what they should be when they are compressed. */
const keptCompressed = new Set<unknown>(['aki', 'ari', 'ami']);

/** A copy of data that an image has here or elsewhere is that data, and what stays where it is cannot change. */
const leftAlone: ReadonlySet<Import['method']['name']> = new Set([
  ...(['copy-image', 'glance-download', 'image-service', 'location'] as const),
]);

/**
 * What becomes of an import's data before it is stored, where that is switched on: it is decompressed on its way, and
 * converted, which takes files.
 */
@Injectable()
export class ImportPreparation {
  private confinement: Promise<Confinement> | undefined;

  constructor(
    @Inject(Scratch) private readonly scratch: Scratch,
    @Inject(TaskCatalog) private readonly tasks: TaskCatalog,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async prepare(image: Image, wanted: Import, source: Source, signal: AbortSignal): Promise<PreparedSource> {
    const asItCame: PreparedSource = {
      ...source,
      diskFormat: image.disk_format,
      isAsItCame: true,
      preparation: () => ({}),
      close: () => Promise.resolve(),
    };
    // What was said to have a checksum is what that is of.
    const isKnown = image.data !== null || Boolean(wanted.bulk?.checksum);
    if (isKnown || leftAlone.has(wanted.method.name)) return asItCame;
    const plain = this.mayDecompress(image) ? await this.decompressed(asItCame) : asItCame;
    return this.mayConvert(image) ? this.converted(image, wanted, plain, signal) : plain;
  }

  /** Glance leaves what is to be `compressed` as it is, and decompresses everything else. */
  private mayDecompress({ disk_format: disk, container_format: container }: Image): boolean {
    if (this.config.imports.decompress.length === 0 || container === 'compressed') return false;
    return !keptCompressed.has(disk) && !keptCompressed.has(container);
  }

  private mayConvert({ disk_format: disk, container_format: container }: Image): boolean {
    const { convertTo } = this.config.imports;
    return convertTo !== null && container === 'bare' && disk !== convertTo && !notDisks.has(disk);
  }

  private async decompressed(source: PreparedSource): Promise<PreparedSource> {
    const { decompress: wanted, decompressRatio: ratio } = this.config.imports;
    const { stream, compression } = await examine(source.stream);
    if (!compression || !wanted.includes(compression)) return { ...source, stream };
    const options = { ratio, sizeLimit: this.config.imageSizeCap, confinement: await this.confined() };
    const plain: Decompressed = decompress(stream, compression, options);
    return {
      ...source,
      stream: plain.stream,
      size: undefined,
      isAsItCame: false,
      preparation: () => ({ decompressed: { format: plain.format, size: plain.size } }),
      // A program whose output nobody takes would wait for ever.
      close: () => Promise.resolve(void plain.stream.destroy()),
    };
  }

  /** Converts in a private directory, which goes when this source is closed. */
  private async converted(
    image: Image,
    wanted: Import,
    source: PreparedSource,
    signal: AbortSignal,
  ): Promise<PreparedSource> {
    const directory = await this.scratch.open();
    try {
      const from = await this.received(image, source, directory, signal);
      // What the owner calls raw, a guest sees byte by byte.
      const format = image.disk_format === 'raw' ? 'raw' : from.format;
      const to = this.config.imports.convertTo!;
      const isConverted = isConvertible(format) && format !== to;
      if (isConverted) await this.convert({ ...from, format }, directory, wanted.task, signal);
      const path = join(directory.path, isConverted ? result : original);
      const { size } = await stat(path, { bigint: true });
      const stream = createReadStream(path, { highWaterMark: 1 << 20 }).on('error', () => undefined);
      return {
        stream,
        size,
        diskFormat: isConverted ? to : image.disk_format,
        isAsItCame: source.isAsItCame && !isConverted,
        preparation: () => ({ ...source.preparation(), ...(isConverted && { converted: { from, to } }) }),
        close: async () => {
          stream.destroy();
          await directory.remove();
        },
      };
    } catch (error) {
      await directory.remove();
      throw error;
    } finally {
      await source.close();
    }
  }

  /** All that came, judged as if it were stored. */
  private async received(
    { disk_format: diskFormat, container_format: containerFormat }: Image,
    { stream, size: expectedSize }: PreparedSource,
    { path }: ScratchDirectory,
    signal: AbortSignal,
  ): Promise<DataReport> {
    const sizeLimit = this.config.imageSizeCap;
    const admission = { diskFormat, containerFormat, requireMatch: this.config.requireFormatMatch };
    const writer = await new FileStore('scratch directory', path).create(original);
    const known = expectedSize === undefined ? {} : { expectedSize };
    const found = await ingest(stream, writer, { sizeLimit, admission, signal, ...known });
    return { ...found, virtualSize: found.virtualSize ?? null };
  }

  private async convert(
    { format: from, size, virtualSize: disk }: DataReport,
    { path }: ScratchDirectory,
    task: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { convertTo, timeoutSeconds } = this.config.imports;
    const to = convertTo!;
    const virtualSize = disk ?? size;
    const sizeLimit = this.config.imageSizeCap;
    if (to === 'raw' && virtualSize > sizeLimit) {
      throw new IngestError(
        'size-limit',
        `The disk in the data is larger than the ${sizeLimit} bytes that are allowed.`,
      );
    }
    let told = -1;
    const onProgress = (percent: number) => {
      if (percent === told) return;
      told = percent;
      void this.tell(task, `Converting ${from} to ${to}: ${percent} %`);
    };
    onProgress(0);
    const files = { directory: path, input: original, output: result };
    const limits = { virtualSize, sizeLimit, timeoutSeconds, signal, onProgress };
    await convertDisk(await this.confined(), { from, to, ...files, ...limits });
    await this.tell(task, `Converted ${from} to ${to}, storing the result`);
  }

  private async tell(task: string, message: string): Promise<void> {
    await this.tasks.tell(task, message).catch((error: unknown) => {
      this.logger.warn({ err: error, task }, 'the progress of a conversion was not told');
    });
  }

  private confined(): Promise<Confinement> {
    this.confinement ??= Confinement.probe().then((found) => {
      const { hasNoNetwork, endsWithUs } = found;
      this.logger.info({ hasNoNetwork, endsWithUs }, 'programs that read the data of imports are confined');
      return found;
    });
    return this.confinement;
  }
}
