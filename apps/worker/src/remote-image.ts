import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { isProperty, type Adopted, type DataReport, type Import } from '#domain';
import { ImageService, WebSourceError, type WebSource } from '#image-data';
import { CONFIG, ImportCredentials } from '#platform';
import { UnexpectedData } from './import-failure.js';

/** An image in another region, as an import of it needs it. */
export interface RemoteImage {
  readonly adopted: Adopted;
  open(signal: AbortSignal): Promise<WebSource>;
  /** @throws UnexpectedData unless that is what the image is there */
  verify(found: Pick<DataReport, 'size' | 'md5' | 'sha512'>): void;
}

/** Finds images in other regions with the rights of those who asked for their import. */
@Injectable()
export class RemoteImages {
  constructor(
    @Inject(ImportCredentials) private readonly credentials: ImportCredentials,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** undefined for an import from elsewhere. @throws WebSourceError, UnexpectedData */
  async find(imageId: string, { task, method }: Import, signal: AbortSignal): Promise<RemoteImage | undefined> {
    if (method.name !== 'glance-download') return undefined;
    const { glance_region: region, glance_service_interface: face, glance_image_id: id, endpoint } = method;
    if (endpoint === null) {
      throw new WebSourceError(`The catalogue has no ${face} image endpoint in region ${region}.`, true);
    }
    const headers = await this.credentials.headers(imageId, task);
    if (!headers)
      throw new WebSourceError('The rights of whoever asked for this are not known any more: ask again.', true);
    const { copiedProperties, timeoutSeconds } = this.config.imports;
    const service = new ImageService({ endpoint, headers, timeoutSeconds });
    const there = await service.show(id, signal);
    const { status, diskFormat, containerFormat, size, md5, sha512, texts } = there;
    if (status !== 'active') throw new UnexpectedData(`the image there is ${status}, not active`);
    if (diskFormat === null || containerFormat === null) throw new UnexpectedData('the image there has no formats');
    const isCopied = ([name]: [string, string]) =>
      isProperty(name) && copiedProperties.some((prefix) => name.startsWith(prefix));
    return {
      adopted: {
        disk_format: diskFormat,
        container_format: containerFormat,
        properties: Object.fromEntries(Object.entries(texts).filter(isCopied)),
      },
      open: async (stop) => {
        const source = await service.data(id, stop);
        return { ...source, size: size ?? source.size };
      },
      verify: (found) => {
        if (sha512 !== null && found.sha512 !== sha512) throw different('sha512', found.sha512, sha512);
        if (sha512 === null && md5 !== null && found.md5 !== md5) throw different('md5', found.md5, md5);
      },
    };
  }
}

const different = (digest: string, found: string, expected: string) =>
  new UnexpectedData(`what came has ${digest} ${found}; the image there has ${expected}`);
