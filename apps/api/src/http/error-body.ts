import type { Fault } from './fault.js';

export interface ErrorBody {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The body that Glance's clients expect, by what they accept: JSON when they name it, HTML for those who take
 * anything (glanceclient takes every JSON value for an object and breaks on a flat one), else plain text.
 */
export function imageApiErrorBody(fault: Fault, accept: string | undefined): ErrorBody {
  const code = `${fault.status} ${fault.title}`;
  const explanation = escapeHtml(fault.explanation);
  if (!accept) {
    return { contentType: 'text/plain; charset=UTF-8', body: `${code}\n\n${fault.explanation}\n\n   ` };
  }
  if (accept.includes('application/json') && !/^\s*(\*\/\*|text\/html)/.test(accept)) {
    const body = JSON.stringify({ message: `${explanation}<br /><br />\n\n\n`, code, title: fault.title });
    return { contentType: 'application/json; charset=UTF-8', body };
  }
  if (accept.includes('*/*') || accept.includes('text/html')) {
    const body = `<html>
 <head>
  <title>${code}</title>
 </head>
 <body>
  <h1>${code}</h1>
  ${explanation}<br /><br />



 </body>
</html>`;
    return { contentType: 'text/html; charset=UTF-8', body };
  }
  return { contentType: 'text/plain; charset=UTF-8', body: `${code}\n\n${fault.explanation}\n\n   ` };
}

/** RFC 9457 problem details, for what lies under /vitrine. */
export function problemBody(fault: Fault, requestId: string): ErrorBody {
  const body = JSON.stringify({
    type: 'about:blank',
    title: fault.title,
    status: fault.status,
    detail: fault.explanation,
    instance: requestId,
  });
  return { contentType: 'application/problem+json', body };
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}
