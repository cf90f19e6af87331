export * from './connection.js';
export * from './job-queues.js';
export * from './job-worker.js';
export * from './jobs.js';
