import { bestOffer } from './accept.js';
import type { Fault } from './fault.js';

export interface ErrorBody {
  readonly contentType: string;
  readonly body: string;
}

const offers = ['text/html', 'application/json'] as const;

/**
 * The body that Glance's clients expect, by what they accept: HTML for those who take anything, JSON when they prefer it
 * (glanceclient takes every JSON value for an object and breaks on a flat one), plain text for those who want neither.
 */
export function imageApiErrorBody(fault: Fault, accept = ''): ErrorBody {
  const code = `${fault.status} ${fault.title}`;
  switch (bestOffer(accept, offers)) {
    case 'application/json': {
      const message = `${fault.explanation}<br /><br />\n\n\n`;
      const body = JSON.stringify({ message, code, title: fault.title });
      return { contentType: 'application/json; charset=UTF-8', body };
    }
    case 'text/html': {
      const body = `<html>
 <head>
  <title>${code}</title>
 </head>
 <body>
  <h1>${code}</h1>
  ${escapeHtml(fault.explanation)}<br /><br />



 </body>
</html>`;
      return { contentType: 'text/html; charset=UTF-8', body };
    }
    default:
      return { contentType: 'text/plain; charset=UTF-8', body: `${code}\n\n${fault.explanation}\n\n   ` };
  }
}

/** RFC 9457 problem details, for what lies under /vitrine. */
export function problemBody(fault: Fault, requestId: string): ErrorBody {
  const body = JSON.stringify({
    type: 'about:blank',
    title: fault.title,
    status: fault.status,
    detail: fault.explanation,
    instance: requestId,
    ...fault.members,
  });
  return { contentType: 'application/problem+json', body };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
