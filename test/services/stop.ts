import { rmSync } from 'node:fs';
import { kept } from './running.js';

/** Jest's globalTeardown. */
export default async function stop(): Promise<void> {
  const { directory, services } = kept();
  await Promise.all(services.map((service) => service.stop()));
  rmSync(directory, { recursive: true, force: true });
}
