export * from './admission.js';
export * from './digest/digest-pool.js';
export { describeDanger, reasonOf, type Danger } from './format/dangers.js';
export * from './format/inspect-file.js';
export * from './format/inspection.js';
export * from './ingest.js';
export * from './source/address-guard.js';
export * from './source/web-source.js';
export * from './source/web.store.js';
