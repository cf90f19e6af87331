export * from './cause.js';
export * from './images.js';
export * from './logger.js';
export * from './metadefs.js';
export * from './platform.module.js';
export * from './prepare-database.js';
export * from './seed-metadefs.js';
export * from './stores.js';
