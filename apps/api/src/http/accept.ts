/** One range of an Accept header: `text/*;q=0.5`. */
interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

const token = /[\w!#$%&'*+.^`|~-]+/.source;
const parameter = new RegExp(String.raw`\s*;\s*(${token})\s*=\s*(${token}|"[^"]*")`, 'g');
const range = new RegExp(String.raw`^(${token})/(${token})((?:\s*;\s*${token}\s*=\s*(?:${token}|"[^"]*"))*)$`);

/**
 * Which of the offers suits an Accept header best (RFC 9110, 12.5.1); of equals the first, undefined when none does.
 * As in Glance, what cannot be read accepts everything, and a range with parameters fits no offer, as these have none.
 */
export function bestOffer<Offer extends string>(accept: string, offers: readonly Offer[]): Offer | undefined {
  const ranges = parse(accept);
  if (!ranges) return offers[0];
  const rated = offers.map((offer) => ({ offer, quality: qualityOf(offer, ranges) }));
  const best = Math.max(...rated.map(({ quality }) => quality));
  return best > 0 ? rated.find(({ quality }) => quality === best)?.offer : undefined;
}

/** undefined when the header does not follow its grammar */
function parse(accept: string): Range[] | undefined {
  const parts = accept.split(',').map((part) => part.trim());
  const found = parts.filter((part) => part !== '').map((part) => range.exec(part));
  const read: Range[] = [];
  for (const match of found) {
    if (!match) return undefined;
    const [, type = '', subtype = '', rest = ''] = match;
    const parameters = [...rest.matchAll(parameter)].map(([, name = '', value = '']) => [name.toLowerCase(), value]);
    const quality = Number(parameters.find(([name]) => name === 'q')?.[1] ?? 1);
    if (Number.isNaN(quality)) return undefined;
    if (parameters.some(([name]) => name !== 'q')) continue;
    read.push({ type: type.toLowerCase(), subtype: subtype.toLowerCase(), quality });
  }
  return read;
}

/** The most specific range decides, so that HTML can be refused and everything else taken. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [type, subtype] = offer.split('/');
  const fits = (wantedType?: string, wantedSubtype?: string) =>
    ranges.filter((one) => one.type === wantedType && one.subtype === wantedSubtype).map(({ quality }) => quality);
  const [exact, ofType, any] = [fits(type, subtype), fits(type, '*'), fits('*', '*')];
  const deciding = [exact, ofType, any].find((qualities) => qualities.length > 0) ?? [0];
  return Math.max(...deciding);
}
