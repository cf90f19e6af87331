export * from './builtin/builtin-identity.js';
export * from './builtin/directory.js';
export * from './builtin/loopback.js';
export * from './builtin/open-builtin-identity.js';
export * from './identity.js';
export * from './keystone/keystone-identity.js';
