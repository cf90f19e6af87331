export * from './images.js';
export * from './logger.js';
export * from './platform.module.js';
export * from './prepare-database.js';
export * from './stores.js';
