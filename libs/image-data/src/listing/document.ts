import { ForbiddenSource } from '../source/address-guard.js';
import { openWebSource, WebSourceError, type WebSourceOptions } from '../source/web-source.js';
import { documentName, ListingError } from './listing.js';

/** bytes; the largest known listing, Ubuntu's releases, has a third of it */
export const mostDocumentBytes = 32 << 20;

/**
 * A text from a web server, under the rules for downloads: all of it, before the signal.
 * @throws ListingError
 */
export async function readDocument(url: string, options: WebSourceOptions, signal: AbortSignal): Promise<string> {
  const name = documentName(url);
  try {
    const source = await openWebSource(url, options, signal);
    try {
      return await textOf(source.stream as AsyncIterable<Buffer>, name);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof ListingError) throw error;
    if (signal.aborted) throw new ListingError(name, 'it did not come in time.', true);
    if (error instanceof ForbiddenSource) throw new ListingError(name, error.message);
    if (error instanceof WebSourceError) throw new ListingError(name, error.message, !error.final);
    const reason = error instanceof Error ? error.message : 'unknown failure';
    throw new ListingError(name, `its transfer broke off: ${reason}`, true);
  }
}

async function textOf(chunks: AsyncIterable<Buffer>, name: string): Promise<string> {
  const all: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > mostDocumentBytes) throw new ListingError(name, `it is larger than ${mostDocumentBytes} bytes.`);
    all.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(all));
}
