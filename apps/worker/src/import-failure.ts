import { describeExcess, DomainError } from '#domain';
import { DatabaseUnavailable } from '#event-store';
import { IdentityError } from '#identity';
import { ForbiddenSource, IngestError, ProgramError, RefusedData, WebSourceError } from '#image-data';
import { StoreError } from '#object-store';

/** The process was told to stop while an import ran. */
export class ShutDown extends Error {
  constructor() {
    super('the worker was shut down');
  }
}

/** The data is not what whoever asked for it said that it is. */
export class UnexpectedData extends Error {}

/** What the data was judged by is no longer what the image says. */
export class FormatsChanged extends Error {
  constructor() {
    super('disk_format or container_format was changed while the data was read');
  }
}

export interface ImportFailure {
  /** for a person; holds no credential */
  readonly reason: string;
  /** trying again may help */
  readonly mayPass: boolean;
  /** to wait, if it is known */
  readonly waitSeconds?: number;
}

/** What an import's failure means. */
export function describeFailure(error: unknown): ImportFailure {
  if (error instanceof IngestError) {
    if (error.code === 'aborted') return { reason: error.message, mayPass: true, waitSeconds: 0 };
    return { reason: error.message, mayPass: error.code !== 'size-limit' };
  }
  if (error instanceof ShutDown) return { reason: error.message, mayPass: true, waitSeconds: 0 };
  if (error instanceof WebSourceError) {
    const { message: reason, final, retryAfterSeconds } = error;
    return { reason, mayPass: !final, ...(retryAfterSeconds !== undefined && { waitSeconds: retryAfterSeconds }) };
  }
  if (error instanceof FormatsChanged) return { reason: error.message, mayPass: true, waitSeconds: 0 };
  if (error instanceof UnexpectedData) return { reason: error.message, mayPass: false };
  if (error instanceof RefusedData) return { reason: error.message, mayPass: false };
  if (error instanceof ProgramError) return { reason: error.message, mayPass: error.mayPass };
  if (error instanceof ForbiddenSource) return { reason: error.message, mayPass: false };
  if (error instanceof StoreError)
    return { reason: error.message, mayPass: error.code === 'unavailable' || error.code === 'full' };
  if (error instanceof IdentityError) return { reason: error.message, mayPass: error.code === 'unavailable' };
  if (error instanceof DatabaseUnavailable) return { reason: error.message, mayPass: true };
  if (error instanceof DomainError) {
    const reason = error.is('quota-exceeded') ? describeExcess(error.details) : error.message;
    return { reason, mayPass: false };
  }
  return { reason: `an unexpected error: ${error instanceof Error ? error.message : String(error)}`, mayPass: true };
}
