/** Attribute → from, to; null stands for "not there". */
export type Changes = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;

type View = Readonly<Record<string, unknown>>;

export function differences(before: View, after: View): Changes {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  // Names may be what every object has: __proto__, constructor …
  const value = (view: View, name: string) => (Object.hasOwn(view, name) ? view[name] : null);
  const changed = names
    .map((name) => [name, { from: value(before, name), to: value(after, name) }] as const)
    .filter(([, { from, to }]) => JSON.stringify(from) !== JSON.stringify(to));
  return Object.fromEntries(changed);
}

/** One line: `status: saving → active; visibility: – → shared`. */
export function summaryOf(changes: Changes): string {
  return Object.entries(changes)
    .map(([name, { from, to }]) => `${name}: ${shown(from)} → ${shown(to)}`)
    .join('; ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
