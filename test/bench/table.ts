import type { Row } from './measure.js';

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const head = ['', 'Vitrine', 'unit', 'beside it', 'its figure', 'ratio', 'aim', ''];
  const cells = rows.map((row) => [
    row.what,
    figure(row.value),
    row.unit,
    row.reference,
    figure(row.referenceValue),
    row.ratio.toFixed(2),
    'atLeast' in row.target ? `≥ ${row.target.atLeast}` : `≤ ${row.target.atMost}`,
    isMet(row) ? 'met' : 'MISSED',
  ]);
  const widths = head.map((title, column) =>
    Math.max(...[title, ...cells.map((row) => row[column]!)].map((text) => text.length)),
  );
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => pad(cell, widths[column]!)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.map(line)].join('\n');
}

export function isMet({ ratio, target }: Row): boolean {
  return 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

const pad = (text: string, width: number) => text.padEnd(width);
const figure = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));
