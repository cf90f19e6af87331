export * from './admission.js';
export * from './digest/digest-pool.js';
export * from './format/inspection.js';
export * from './ingest.js';
export * from './source/address-guard.js';
export * from './source/web-source.js';
export * from './source/web.store.js';
