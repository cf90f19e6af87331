/** The stream has moved on since it was read, or a row that another stream has made stands in its way. */
export class VersionConflict extends Error {
  constructor(
    readonly streamId: string,
    options?: ErrorOptions,
  ) {
    super(`${streamId} was changed by somebody else at the same time`, options);
    this.name = 'VersionConflict';
  }

  /** The unique constraint of a read model that was violated, if it was one. */
  get constraint(): string | undefined {
    const { cause } = this;
    return cause instanceof Error && 'constraint' in cause && typeof cause.constraint === 'string'
      ? cause.constraint
      : undefined;
  }
}

/** The stream is at none of the versions that the command is for; trying again would not help. */
export class UnexpectedVersion extends Error {
  constructor(
    readonly streamId: string,
    readonly version: number,
  ) {
    super(`${streamId} is at version ${version}, which is none of those expected`);
    this.name = 'UnexpectedVersion';
  }
}

/** The database cannot be reached or is shutting down: worth trying again. */
export class DatabaseUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('the database cannot be reached', options);
    this.name = 'DatabaseUnavailable';
  }
}

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);

/**
 * True for a lost or refused connection and for a server that starts, stops or is full (SQLSTATE classes 08 and 57P,
 * 53300). node-postgres gives its own connection errors no code, so those are known by their text.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (networkCodes.has(code) || code.startsWith('08') || code.startsWith('57P') || code === '53300') return true;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  return /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired/.test(
    error.message,
  );
}
