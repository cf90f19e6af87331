import { StoreError } from './object-store.js';

export const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** A failure of the file system in the store's words. */
export function fileError(store: string, error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const cause = { cause: error };
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StoreError('full', store, 'there is no room left', cause);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return new StoreError('missing', store, 'there is no such object', cause);
    case 'EEXIST':
      return new StoreError('exists', store, 'the key is taken', cause);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError('denied', store, 'the directory cannot be written', cause);
    default:
      return new StoreError('unavailable', store, error instanceof Error ? error.message : 'unknown failure', cause);
  }
}
