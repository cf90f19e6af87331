export * from './file.store.js';
export * from './locked-bucket.js';
export * from './object-store.js';
export * from './open-store.js';
export * from './s3.store.js';
export * from './stream-reader.js';
