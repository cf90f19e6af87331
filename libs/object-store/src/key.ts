import { StoreError } from './object-store.js';

const segment = /^(?!\.)[A-Za-z0-9._-]{1,255}$/;

/** @throws StoreError invalid-key: a key can never leave its store, nor name what a store keeps for itself */
export function assertKey(store: string, key: string): void {
  if (key.length <= 1000 && key.split('/').every((part) => segment.test(part))) return;
  throw new StoreError('invalid-key', store, `${JSON.stringify(key.slice(0, 80))} is no key`);
}
