import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jobIds } from './jobs.js';

it('a job has an id that BullMQ takes, and the same work the same one', () => {
  const job = fc.record({ imageId: fc.uuid(), task: fc.uuid(), attempt: fc.nat(), version: fc.nat() });
  fc.assert(
    fc.property(job, (given) => {
      for (const idOf of [jobIds.imports, jobIds.purges]) {
        expect(idOf(given)).toMatch(/^(?!\d+$)[^:]+$/);
        expect(idOf({ ...given })).toBe(idOf(given));
      }
    }),
  );
});
