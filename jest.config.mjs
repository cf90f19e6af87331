// The specs run as tsc compiled them: what is tested is what ships.
export default {
  rootDir: 'dist',
  testMatch: ['**/*.spec.js'],
  // Those have a configuration of their own (jest.openstack.config.mjs): they install OpenStack's programs.
  testPathIgnorePatterns: ['/test/openstack/'],
  transform: {},
  testEnvironment: './test/services/environment.js',
  globalSetup: './test/services/start.js',
  globalTeardown: './test/services/stop.js',
  testTimeout: 60_000,
  maxWorkers: 2,
};
