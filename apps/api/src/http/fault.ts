import { STATUS_CODES } from 'node:http';

/** An answer that refuses: status, one explanation for a person, and headers that the refusal needs. */
export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly explanation: string,
    readonly headers: Readonly<Record<string, string>> = {},
    /** further members of problem details (RFC 9457, 3.2) */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(explanation);
    this.name = 'Fault';
  }

  /** `Not Found` */
  get title(): string {
    return titles[this.status] ?? STATUS_CODES[this.status] ?? 'Unknown';
  }
}

/** Where Glance's bodies keep an older wording than Node. */
const titles: Readonly<Record<number, string>> = {
  413: 'Request Entity Too Large',
  416: 'Request Range Not Satisfiable',
};

export const badRequest = (explanation: string) => new Fault(400, explanation);
export const imageNotFound = (id: string) => new Fault(404, `No image found with ID ${id}`);
