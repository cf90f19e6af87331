import { DomainError, namespaceSeeds } from '#domain';
import { Database, EventStore } from '#event-store';
import { systemActor } from './cause.js';
import { Metadefs } from './metadefs.js';

/**
 * Gives an installation its starting set of metadata definitions, and returns the names of those that it had not had
 * before. Each comes once: its id is fixed, and an id is never used again, not even after deletion. That makes it safe
 * for processes that start at the same time, too. A name that somebody else has taken stays theirs.
 */
export async function seedMetadefs(url: string): Promise<string[]> {
  const database = new Database({ url, poolSize: 1 });
  const metadefs = new Metadefs(new EventStore(database));
  const created: string[] = [];
  try {
    for (const { id, given } of namespaceSeeds) {
      try {
        const command = {
          type: 'CreateNamespace',
          id,
          given: { ...given },
          actor: systemActor,
          at: new Date(),
        } as const;
        await metadefs.execute(id, command, { requestId: null });
        created.push(given.namespace);
      } catch (error) {
        if (!(error instanceof DomainError && error.code === 'namespace-exists')) throw error;
      }
    }
  } finally {
    await database.close();
  }
  return created;
}
