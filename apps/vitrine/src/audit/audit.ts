import { auditExport } from './export.js';
import { InputError, usage } from './input.js';
import { auditKey } from './key.js';
import { checkProofFile } from './check-proof.js';
import { auditVerify } from './verify.js';

type Env = Readonly<Record<string, string | undefined>>;

const verbs: Readonly<Record<string, (env: Env, args: readonly string[]) => Promise<number>>> = {
  verify: auditVerify,
  export: auditExport,
  key: auditKey,
  'check-proof': (_env, args) => checkProofFile(args),
};

/** `vitrine audit VERB`: 0 when what was asked is so, 1 when it is not, 2 when it could not be told. */
export async function audit(env: Env, [verb = '', ...args]: readonly string[]): Promise<number> {
  try {
    const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (!run) throw new InputError(usage);
    return await run(env, args);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}
