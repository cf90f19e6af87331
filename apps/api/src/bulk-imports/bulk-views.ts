import { LosslessNumber } from 'lossless-json';
import { shownUrl, type CatalogBulkImport, type CatalogBulkItem } from '#catalog';

export const bulkImportPath = (id: string) => `/vitrine/v1/bulk-imports/${id}`;

/** A bulk import as clients see it; sizes in bytes, the rate in bytes a second since it was last set going. */
export function bulkImportView(bulk: CatalogBulkImport) {
  const { id, status, reason, project, userId, items, counts, position } = bulk;
  return {
    ...{ id, status, reason, project_id: project, user_id: userId },
    ...{ concurrency: bulk.concurrency, retries: bulk.attempts - 1, on_error: bulk.onError },
    ...{ created_at: bulk.createdAt.toISOString(), updated_at: bulk.updatedAt.toISOString() },
    items: { total: items, ...counts },
    bytes: bytesOf(bulk),
    ...speedOf(bulk),
    position: number(position),
    self: bulkImportPath(id),
    items_link: `${bulkImportPath(id)}/items`,
  };
}

function bytesOf({ counts, bytesOfDone, bytesUnderWay, bytesAnnounced, announced }: CatalogBulkImport) {
  const ended = counts.failed + counts.cancelled;
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return {
    done: number(bytesOfDone + bytesUnderWay),
    /** of those items whose size is known */
    total: number(bytesOfDone + (bytesAnnounced > bytesUnderWay ? bytesAnnounced : bytesUnderWay)),
    unknown_items: total - ended - counts.done - announced,
  };
}

/** Time left by bytes where all sizes are known, else by items; null while nothing can be said. */
function speedOf(bulk: CatalogBulkImport): { rate: number | null; seconds_left: number | null } {
  const { status, counts, goesOnSince, now, recentBytes, recentItems, bytesUnderWay, bytesAnnounced, announced } = bulk;
  const left = counts.waiting + counts.running;
  if (status === 'finished') return { rate: null, seconds_left: 0 };
  const seconds = (now.getTime() - goesOnSince.getTime()) / 1000;
  if (status !== 'running' || seconds <= 0) return { rate: null, seconds_left: null };
  const rate = Number(recentBytes + bytesUnderWay) / seconds;
  const isKnown = counts.waiting === 0 && announced === counts.running;
  const byBytes = rate > 0 && isKnown ? Number(bytesAnnounced - bytesUnderWay) / rate : null;
  const byItems = recentItems > 0 ? (left * seconds) / recentItems : null;
  const secondsLeft = byBytes ?? byItems;
  return { rate: Math.round(rate), seconds_left: secondsLeft === null ? null : Math.max(0, Math.round(secondsLeft)) };
}

export function bulkItemView(item: CatalogBulkItem): object {
  const { line, imageId, task, url, status, attempt, reason, size, updatedAt, bytes, bytesTotal } = item;
  return {
    ...{
      line,
      image_id: imageId,
      task,
      url: shownUrl(url),
      status,
      attempt,
      reason,
      updated_at: updatedAt.toISOString(),
    },
    bytes: {
      done: number(size ?? bytes),
      total: size === null && bytesTotal === null ? null : number(size ?? bytesTotal!),
    },
  };
}

/** Exact to the last digit. */
const number = (value: bigint) => new LosslessNumber(value.toString());
