// npm run test:conformance: the specs that drive OpenStack's own programs.
import base from './jest.config.mjs';

export default {
  ...base,
  testMatch: ['**/test/openstack/**/*.spec.js'],
  testPathIgnorePatterns: [],
  globalSetup: './test/openstack/start.js',
  testTimeout: 120_000,
};
