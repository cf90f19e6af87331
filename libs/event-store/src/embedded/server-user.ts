import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { SpawnOptions } from 'node:child_process';

/** `nobody` on every Linux: initdb and postgres refuse to run as root. */
const nobody = 65_534;

/** The user that the server runs as. */
export interface ServerUser {
  /** undefined: the one that this process is */
  readonly uid: number | undefined;
  readonly spawnOptions: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'>;
  /** Whether every folder on the way can be passed, and the last one be read. */
  canReach(path: string): Promise<boolean>;
}

export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return { uid: undefined, spawnOptions: {}, canReach: () => Promise.resolve(true) };
  return {
    uid: nobody,
    spawnOptions: { uid: nobody, gid: nobody, cwd: '/' },
    canReach: async (path) => {
      for (let folder = resolve(path); ; folder = dirname(folder)) {
        const found = await stat(folder).catch(() => undefined);
        if (found && !passableByNobody(found)) return false;
        if (folder === dirname(folder)) return true;
      }
    },
  };
}

function passableByNobody({ mode, uid, gid }: { mode: number; uid: number; gid: number }): boolean {
  if (uid === nobody) return (mode & 0o100) !== 0;
  if (gid === nobody) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
