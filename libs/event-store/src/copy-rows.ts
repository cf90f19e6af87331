import type pg from 'pg';

/** A row as an array of texts, null for NULL. */
export type CopiedRow = readonly (string | null)[];

/**
 * Hands over rows by COPY as they come, which costs Node a third of what the rows of a SELECT do: no value is parsed, and
 * none is kept. The client is one of its own, without a pipeline. What `take` throws ends the promise, not the COPY: close
 * the client then.
 */
export function copyRows(client: pg.Client, select: string, take: (row: CopiedRow) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new Copy(`copy (${select}) to stdout`, take, resolve, reject));
  });
}

/** What pg's client calls while the answer comes. */
class Copy implements pg.Submittable {
  private isOver = false;

  constructor(
    private readonly text: string,
    private readonly take: (row: CopiedRow) => void,
    private readonly resolve: () => void,
    private readonly reject: (error: Error) => void,
  ) {}

  submit(connection: pg.Connection): void {
    connection.query(this.text);
  }

  /** One message a row, which ends with a line feed. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.isOver) return;
    const text = chunk.toString('utf8', 0, chunk.length - 1);
    try {
      this.take(text.includes('\\') ? text.split('\t').map(unescaped) : text.split('\t'));
    } catch (error) {
      this.handleError(error as Error);
    }
  }

  handleCommandComplete(): void {
    // Of a COPY it says the number of rows.
  }

  handleError(error: Error): void {
    this.isOver = true;
    this.reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.isOver) this.resolve();
  }
}

const special: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** COPY's text format: `\N` is NULL, and some characters are written as in C. */
function unescaped(field: string): string | null {
  if (!field.includes('\\')) return field;
  if (field === '\\N') return null;
  return field.replace(/\\(.)/g, (_, letter: string) => special[letter] ?? letter);
}
