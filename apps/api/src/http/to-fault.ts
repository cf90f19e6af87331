import { HttpException } from '@nestjs/common';
import { DomainError } from '#domain';
import { DatabaseUnavailable, UnexpectedVersion, VersionConflict } from '#event-store';
import { IdentityError } from '#identity';
import { ForbiddenSource, IngestError, RefusedData } from '#image-data';
import { StoreError } from '#object-store';
import { faultOf } from './domain-error-table.js';
import { Fault } from './fault.js';

/** What any error means to the client; undefined for one that nobody foresaw. */
export function toFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  if (error instanceof DomainError) return faultOf(error);
  if (error instanceof VersionConflict) {
    const [kind = ''] = error.streamId.split('-');
    const what = { metadef: 'namespace', bulk: 'bulk import', webhook: 'webhook' }[kind] ?? 'image';
    return new Fault(
      409,
      `The ${what} was changed by somebody else at the same time. Read it again and repeat the request.`,
    );
  }
  if (error instanceof UnexpectedVersion) {
    return new Fault(
      412,
      'The image was changed since the version that If-Match names. Read it again and repeat the request.',
    );
  }
  if (error instanceof DatabaseUnavailable) return tryAgain('The database cannot be reached');
  if (error instanceof StoreError) return storeFault(error);
  if (error instanceof ForbiddenSource) return new Fault(400, error.message);
  if (error instanceof RefusedData) return new Fault(415, error.message);
  if (error instanceof IngestError) return ingestFault(error);
  if (error instanceof IdentityError) {
    if (error.code === 'unavailable') return tryAgain('The identity service cannot be reached');
    return new Fault(error.code === 'forbidden' ? 403 : 401, error.message);
  }
  if (error instanceof HttpException) return new Fault(error.getStatus(), error.message);
  return fastifyFault(error);
}

const tryAgain = (what: string) => new Fault(503, `${what}. Try again later.`, { 'retry-after': '5' });

function storeFault(error: StoreError): Fault {
  switch (error.code) {
    case 'full':
      return new Fault(413, `There is not enough room for the image's data in store ${error.store}.`);
    case 'missing':
      return new Fault(404, `The image's data is not in store ${error.store}.`);
    default:
      return tryAgain(`Store ${error.store} cannot be used`);
  }
}

function ingestFault(error: IngestError): Fault {
  return new Fault(error.code === 'size-limit' ? 413 : 400, error.message);
}

/** Fastify's own refusals: malformed JSON, a body that is too large, an unknown media type. */
function fastifyFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = 'statusCode' in error ? Number(error.statusCode) : Number.NaN;
  if (error instanceof SyntaxError) return new Fault(400, `The body is not valid JSON: ${error.message}`);
  return status >= 400 && status < 500 ? new Fault(status, error.message) : undefined;
}
