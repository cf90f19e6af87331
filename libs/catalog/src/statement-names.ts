import { createHash } from 'node:crypto';

/** Names for prepared statements, one a shape; bounded, because clients choose the shapes. */
export class StatementNames {
  private readonly names = new Map<string, string>();

  constructor(private readonly prefix: string) {}

  of(text: string): string | undefined {
    const known = this.names.get(text);
    if (known || this.names.size >= 200) return known;
    const name = `${this.prefix}-${createHash('sha1').update(text).digest('base64url')}`;
    this.names.set(text, name);
    return name;
  }
}
