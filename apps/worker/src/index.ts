export { assertPrograms } from './programs.js';
export * from './worker.module.js';
