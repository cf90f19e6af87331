export * from './api.module.js';
export * from './create-api.js';
export * from './identity/identity.module.js';
export * from './service/public-url.js';
