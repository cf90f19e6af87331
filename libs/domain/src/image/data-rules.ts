import { DomainError } from '../domain-error.js';
import type { DataReport } from './commands.js';
import type { Change } from './events.js';
import type { BlobRef, Image, ImageStatus } from './image.js';

export const change = (image: Image, to: ImageStatus): Change<ImageStatus> => ({ from: image.status, to });

export function dataFound({ store, key }: BlobRef, attempt: string, found: DataReport) {
  return { attempt, store, key, ...reported(found) };
}

export function reported(found: DataReport) {
  return {
    size: found.size.toString(),
    md5: found.md5,
    sha512: found.sha512,
    virtual_size: found.virtualSize?.toString() ?? null,
    format: found.format,
  };
}

export function assertStatus(image: Image, operation: string, wanted: ImageStatus): void {
  if (image.status !== wanted) needs(image, operation, `status ${wanted}`);
}

export function needs(image: Image, operation: string, what: string): never {
  throw new DomainError('wrong-status', { id: image.id, status: image.status, operation, needs: what });
}

export function missingFormats(image: Pick<Image, 'disk_format' | 'container_format'>): string {
  return [image.disk_format === null && 'disk_format', image.container_format === null && 'container_format']
    .filter((name) => name !== false)
    .join(' and ');
}
