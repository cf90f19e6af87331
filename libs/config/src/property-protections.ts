import { readFileSync } from 'node:fs';

const operations = ['create', 'read', 'update', 'delete'] as const;
type Operation = (typeof operations)[number];

export interface PropertyProtection {
  readonly property: RegExp;
  readonly roles: Readonly<Record<Operation, readonly string[]>>;
}
export type PropertyProtections = readonly PropertyProtection[];

interface Section {
  readonly name: string;
  readonly line: number;
  readonly keys: Map<string, string>;
}

/**
 * Glance's property-protections file in its form of roles: sections named by a regular expression, in each of them
 * `create`, `read`, `update` and `delete` with comma-separated roles. Its order counts, and its names hold dots and
 * brackets, which the INI parsers of npm take for paths.
 */
export function readPropertyProtections(file: string): { protections: PropertyProtections; problems: string[] } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { protections: [], problems: [`cannot be read: ${reason}`] };
  }
  const problems: string[] = [];
  const sections = parseSections(text, (problem) => problems.push(`${file}: ${problem}`));
  const protections = sections.map((section) =>
    protectionOf(section, (problem) => problems.push(`${file}: section [${section.name}]: ${problem}`)),
  );
  // Without a rule nothing would be protected, which nobody wants who gives a file.
  if (sections.length === 0 && problems.length === 0) problems.push(`${file}: has no section`);
  return { protections: protections.filter((one) => one !== undefined), problems };
}

function parseSections(text: string, complain: (problem: string) => void): Section[] {
  const sections: Section[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const name = /^\[(.+)\]$/.exec(line)?.[1];
    const current = sections.at(-1);
    if (name !== undefined) {
      const before = sections.find((section) => section.name === name);
      if (before) complain(`section [${name}] is on line ${before.line} and again on line ${index + 1}`);
      sections.push({ name, line: index + 1, keys: new Map() });
      continue;
    }
    const [, key, value = ''] = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (key === undefined) complain(`line ${index + 1} is neither [section] nor key = roles`);
    else if (!current) complain(`line ${index + 1}: ${key} stands before the first section`);
    else if (current.keys.has(key.toLowerCase())) complain(`section [${current.name}]: ${key} is there twice`);
    else current.keys.set(key.toLowerCase(), value);
  }
  return sections;
}

function protectionOf({ name, keys }: Section, complain: (problem: string) => void): PropertyProtection | undefined {
  const known: readonly string[] = operations;
  for (const key of keys.keys()) {
    if (!known.includes(key)) complain(`${key} is not one of ${operations.join(', ')}`);
  }
  const roles = operations.map((operation) => {
    const value = keys.get(operation);
    if (value === undefined) complain(`${operation} is missing; write "${operation} = !" for nobody`);
    const list = (value ?? '').split(',').map((role) => role.trim());
    if (list.includes('@') && list.includes('!')) complain(`${operation} cannot be @ (everybody) and ! (nobody)`);
    return [operation, list.filter((role) => role !== '')] as const;
  });
  const property = compiled(name, complain);
  return property && { property, roles: Object.fromEntries(roles) as Record<Operation, string[]> };
}

/** Found anywhere in a name, as Glance does: a pattern says `^` and `$` where it means them. */
function compiled(pattern: string, complain: (problem: string) => void): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    complain('its name is no regular expression');
    return undefined;
  }
}
