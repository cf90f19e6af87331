import 'reflect-metadata';
import { readConfig } from '#config';
import { serve } from '../../apps/vitrine/src/serve.js';

/**
 * Two APIs of one database in one process, so that nothing differs but what their settings say: what one process has laid
 * out otherwise than another makes some percent, for as long as both live. The argument is a JSON array of their settings,
 * laid over the environment.
 */
const settings = JSON.parse(process.argv[2]!) as Readonly<Record<string, string>>[];
await Promise.all(settings.map((one) => serve(readConfig({ ...process.env, ...one }), ['api'])));
