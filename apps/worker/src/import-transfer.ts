import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import {
  liveBlobs,
  sourcesOf,
  storesLeft,
  type Blob,
  type BlobRef,
  type DataPreparation,
  type DataReport,
  type Image,
  type Import,
} from '#domain';
import {
  Bandwidth,
  ingest,
  IngestError,
  openSteadySource,
  openWebSource,
  WebSourceError,
  type Ingested,
} from '#image-data';
import { StoreError } from '#object-store';
import { CONFIG, Images, ImportAddresses, ImportCredentials, Quotas, Stores } from '#platform';
import { FormatsChanged, UnexpectedData } from './import-failure.js';
import { ImportPreparation, type PreparedSource, type Source } from './import-preparation.js';
import type { RemoteImage } from './remote-image.js';

interface Watch {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: bigint) => void;
}

/** Moves an import's bytes into one store: from where they are, or from a store that has them already. */
@Injectable()
export class ImportTransfer {
  private readonly bandwidth: Bandwidth;

  constructor(
    @Inject(Stores) private readonly stores: Stores,
    @Inject(Images) private readonly images: Images,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(ImportAddresses) private readonly addresses: ImportAddresses,
    @Inject(ImportCredentials) private readonly credentials: ImportCredentials,
    @Inject(ImportPreparation) private readonly preparation: ImportPreparation,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.bandwidth = new Bandwidth(config.imports.bandwidth);
  }

  /** `remote`: the image elsewhere that is imported, if it is one. `sofar` is told how far it is. */
  async run(
    imageId: string,
    wanted: Import,
    remote: RemoteImage | undefined,
    target: BlobRef,
    signal: AbortSignal,
    sofar: { bytes: bigint; total: bigint | undefined },
  ): Promise<DataReport & DataPreparation> {
    const { state: image } = await this.images.load(imageId);
    const came = await this.open(image!, wanted, remote, signal);
    let source: PreparedSource | undefined;
    try {
      source = await this.preparation.prepare(image!, wanted, came, signal);
      sofar.total = source.size;
      const onProgress = (bytes: bigint) => void (sofar.bytes = bytes);
      const found = await this.receive(image!, wanted, source, target, { signal, onProgress });
      assertSameData(image!, found, target.store);
      assertExpected(wanted, found);
      remote?.verify(found);
      await this.assertSameFormats(image!);
      return { ...found, ...source.preparation(), virtualSize: found.virtualSize ?? null };
    } finally {
      await came.close();
      await source?.close();
    }
  }

  private async receive(image: Image, wanted: Import, source: PreparedSource, target: BlobRef, watch: Watch) {
    const { stream, size: expectedSize, isAsItCame } = source;
    const receive = async (sizeLimit: bigint) => {
      if (expectedSize !== undefined && expectedSize > sizeLimit) {
        throw new IngestError('size-limit', `The data is larger than the ${sizeLimit} bytes that are allowed.`);
      }
      const writer = await this.stores.get(target.store).create(target.key);
      const alsoDigest = wanted.bulk?.checksum?.algorithm === 'sha256' ? 'sha256' : undefined;
      return ingest(stream, writer, {
        ...watch,
        sizeLimit,
        expectedSize,
        alsoDigest,
        admission: this.admission(image, source),
      });
    };
    const cap = this.config.imageSizeCap;
    // What is staged or in a store already is counted since the import was requested.
    const isStaged = wanted.method.name === 'glance-direct';
    if (image.data !== null || (isStaged && isAsItCame)) return receive(cap);
    const copies = storesLeft(wanted).length;
    const counted = isStaged ? image.blobs.find(({ state }) => state === 'staged')?.size : undefined;
    return this.quotas.within({ project: image.owner, what: 'size', copies, counted, cap }, receive);
  }

  /** Data that the image has already was judged when it came. */
  private admission({ data, container_format: containerFormat }: Image, { diskFormat }: PreparedSource) {
    if (data !== null) return undefined;
    return { diskFormat, containerFormat, requireMatch: this.config.requireFormatMatch };
  }

  /** Unlike an upload's they may be changed while an import runs. */
  private async assertSameFormats({ id, disk_format: disk, container_format: container }: Image): Promise<void> {
    const { state: image } = await this.images.load(id);
    if (image?.disk_format !== disk || image.container_format !== container) throw new FormatsChanged();
  }

  private async open(
    image: Image,
    wanted: Import,
    remote: RemoteImage | undefined,
    signal: AbortSignal,
  ): Promise<Source> {
    const [copy] = liveBlobs(image);
    if (copy) return this.read(copy);
    const download = await this.download(image.id, wanted, remote, signal);
    if (download) {
      const { stream, size } = download;
      return { stream: this.bandwidth.paced(stream), size, close: () => download.close() };
    }
    const staged = image.blobs.find((blob: Blob) => blob.state === 'staged');
    if (!staged) throw new Error('the staged data is gone');
    return this.read(staged);
  }

  /** undefined for what is here already */
  private async download(
    imageId: string,
    wanted: Import,
    remote: RemoteImage | undefined,
    signal: AbortSignal,
  ): Promise<Source | undefined> {
    const { task, method, bulk, attempt } = wanted;
    if (method.name === 'location') return openWebSource(method.uri, this.config.imports, signal);
    const [address, ...mirrors] = await this.addressesOf(imageId, wanted);
    if (address === undefined) return remote?.open(signal);
    if (method.name === 'web-download' && !bulk) return openWebSource(address, this.config.imports, signal);
    const options = { ...this.config.imports, isVerified: bulk?.checksum != null };
    if (method.name === 'image-service') {
      const rights = await this.credentials.given(imageId, task);
      if (!rights) throw new WebSourceError(rightsAreGone, true);
      return openSteadySource([address], { ...options, rights }, signal);
    }
    const all = [address, ...mirrors];
    const first = (attempt - 1) % all.length;
    return openSteadySource([...all.slice(first), ...all.slice(0, first)], options, signal);
  }

  private addressesOf(imageId: string, wanted: Import): Promise<string[]> {
    const whole = async (address: string) => {
      const found = await this.addresses.whole(imageId, address);
      if (found === undefined) throw new WebSourceError(addressIsGone, true);
      return found;
    };
    return Promise.all(sourcesOf(wanted).map(whole));
  }

  private async read({ store, key }: BlobRef): Promise<Source> {
    const reader = await this.stores.get(store).read(key);
    const stream = reader.stream();
    return { stream, size: reader.size, close: () => Promise.resolve(void stream.destroy()) };
  }
}

const addressIsGone =
  'The query of the address is not known any more, as after a change of the password that it was sealed with: ask for the import again.';
const rightsAreGone = 'The token for the other image service is not known any more: retry-failed takes a new one.';

function assertExpected({ method, bulk }: Import, { sha512, md5, sha256 }: Ingested): void {
  if (method.name === 'location' && method.expected && method.expected.sha512 !== sha512) {
    throw new UnexpectedData(`the data at the location has sha512 ${sha512}, not ${method.expected.sha512}`);
  }
  if (!bulk?.checksum) return;
  const { algorithm, value } = bulk.checksum;
  const has = { sha512, md5, sha256 }[algorithm];
  if (has !== undefined && has !== value) throw new UnexpectedData(`the data has ${algorithm} ${has}, not ${value}`);
}

/** A store that gives back other bytes than it got must not make them the image's. */
function assertSameData({ data }: Image, found: Pick<DataReport, 'size' | 'sha512'>, store: string): void {
  if (data && (data.size !== found.size || (data.sha512 ?? found.sha512) !== found.sha512)) {
    throw new StoreError('unavailable', store, 'what was copied there is not the data of the image');
  }
}
