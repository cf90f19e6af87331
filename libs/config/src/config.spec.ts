import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

describe('the configuration', () => {
  it('works with nothing set', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ host: '127.0.0.1', port: 9292, identity: 'builtin', databaseUrl: undefined });
    expect(config.stores).toBe(`local=file:${config.dataDir}/images`);
    expect(config.imageSizeCap).toBe(1n << 40n);
  });

  it('takes a list of origins, and none by default', () => {
    expect(readConfig({}).corsOrigins).toEqual([]);
    const VITRINE_CORS_ORIGINS = 'https://a.example.org, http://localhost:8080';
    expect(readConfig({ VITRINE_CORS_ORIGINS }).corsOrigins).toEqual([
      'https://a.example.org',
      'http://localhost:8080',
    ]);
  });

  it('takes an empty variable as not set', () => {
    expect(readConfig({ VITRINE_PORT: '', REDIS_URL: '' })).toMatchObject({ port: 9292, redisUrl: undefined });
  });

  it.each([
    ['VITRINE_PORT', 'http'],
    ['VITRINE_PORT', '70000'],
    ['DATABASE_URL', 'mysql://root:hunter2@db/vitrine'],
    ['REDIS_URL', 'localhost:6379'],
    ['VITRINE_IDENTITY', 'ldap'],
    ['VITRINE_LOG_LEVEL', 'loud'],
    ['VITRINE_IMPORT_ALLOWED_PORTS', '80,https'],
    ['VITRINE_IMPORT_ALLOW_PRIVATE', 'perhaps'],
    ['VITRINE_IMPORT_CONVERT_TO', 'qcow3'],
    ['VITRINE_IMPORT_DECOMPRESS', 'gzip,lha'],
    ['VITRINE_IMPORT_DECOMPRESS_RATIO', '0'],
    ['VITRINE_SHOW_MULTIPLE_LOCATIONS', 'sometimes'],
    ['VITRINE_OWNERS_REMOVE_LOCATIONS', 'perhaps'],
    ['VITRINE_IMAGE_LOCATION_QUOTA', 'ten'],
    ['VITRINE_IMAGE_SIZE_CAP', '1TB'],
    ['VITRINE_ACCESS_LOG', 'sometimes'],
    ['VITRINE_ACCESS_LOG_DAYS', '0'],
    ['VITRINE_ACCESS_LOG_FLUSH_MS', '1s'],
    ['VITRINE_CORS_ORIGINS', '*'],
    ['VITRINE_CORS_ORIGINS', 'https://a.example.org,https://b.example.org/'],
    ['VITRINE_PROJECT_QUOTA_SIZE', '-2'],
    ['VITRINE_PROJECT_QUOTA_IMAGES', 'ten'],
    ['VITRINE_PUBLIC_URL', 'images.example.org'],
    ['VITRINE_TOKEN_CACHE_SECONDS', '-1'],
    ['VITRINE_IDENTITY_TIMEOUT_SECONDS', '0'],
    ['OS_AUTH_URL', 'http://glance:hunter2@keystone/v3'],
  ])('names %s when it cannot use %s, and does not repeat the value', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(name);
    expect(() => readConfig({ [name]: value })).not.toThrow('hunter2');
  });

  it('names every wrong variable at once', () => {
    expect(() => readConfig({ VITRINE_PORT: 'x', VITRINE_WORKERS: 'y' })).toThrow(/VITRINE_PORT[\s\S]*VITRINE_WORKERS/);
  });

  it('asks for the service account when Keystone is wanted', () => {
    expect(() => readConfig({ VITRINE_IDENTITY: 'keystone', OS_AUTH_URL: 'http://k/v3' })).toThrow(
      /OS_USERNAME[\s\S]*OS_PASSWORD/,
    );
  });
});
