import { cpus } from 'node:os';
import { access } from './access.js';
import { appends } from './appends.js';
import { bulk } from './bulk.js';
import { catalogue } from './catalogue.js';
import { history } from './history.js';
import { inspection } from './inspection.js';
import { requests } from './requests.js';
import { prepare } from './setting.js';
import { table } from './table.js';
import { transfers } from './transfers.js';

const parts = { appends, requests, inspection, transfers, catalogue, history, bulk, access };
type Part = keyof typeof parts;

/** `npm run bench [-- part …]` */
const wanted = process.argv.slice(2).filter((name): name is Part => Object.hasOwn(parts, name));
const setting = await prepare();
try {
  const rows = [];
  for (const name of wanted.length > 0 ? wanted : (Object.keys(parts) as Part[])) {
    process.stderr.write(`measuring ${name} …\n`);
    rows.push(...(await parts[name](setting)));
  }
  const [cpu] = cpus();
  process.stdout.write(
    `\n${cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.versions.node}\n\n${table(rows)}\n`,
  );
} finally {
  await setting.close();
}
