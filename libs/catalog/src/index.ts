export * from './image-catalog.js';
export * from './image-catalog.projection.js';
export * from './image-document.js';
export * from './image-list.query.js';
export * from './migrations.js';
export * from './rebuild.js';
export * from './work-queue.js';
