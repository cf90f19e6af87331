import type { ByteRange } from '#object-store';
import { badRequest, Fault } from '../http/fault.js';

/**
 * The part of `size` bytes that a request asks for: by Range (RFC 9110 §14.2, one range) or by the legacy Content-Range
 * that old Glance clients send. undefined: everything. @throws Fault 400 for several ranges, 416
 */
export function requestedRange(
  range: string | undefined,
  contentRange: string | undefined,
  size: bigint,
): ByteRange | undefined {
  if (range !== undefined) return fromRange(range, size);
  if (contentRange !== undefined) return fromContentRange(contentRange, size);
  return undefined;
}

function fromRange(header: string, size: bigint): ByteRange | undefined {
  const [, spec] = /^\s*bytes\s*=\s*(.+)$/i.exec(header) ?? [];
  // RFC 9110: a unit that is not understood is ignored.
  if (spec === undefined) return undefined;
  if (spec.includes(',')) throw badRequest('Several ranges in one request are not supported.');
  const [, first = '', last = ''] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(spec) ?? [];
  if (first === '' && last === '') throw unsatisfiable(header, size);
  if (first === '') {
    const suffix = BigInt(last);
    return within({ start: suffix > size ? 0n : size - suffix, end: size - 1n }, size, header);
  }
  const end = last === '' || BigInt(last) >= size ? size - 1n : BigInt(last);
  return within({ start: BigInt(first), end }, size, header);
}

function fromContentRange(header: string, size: bigint): ByteRange {
  const [, first, last] = /^\s*bytes\s+(\d+)-(\d+)\/(?:\d+|\*)\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined) throw unsatisfiable(header, size);
  return within({ start: BigInt(first), end: BigInt(last) }, size, header);
}

function within(range: ByteRange, size: bigint, header: string): ByteRange {
  if (range.start > range.end || range.end >= size) throw unsatisfiable(header, size);
  return range;
}

function unsatisfiable(header: string, size: bigint): Fault {
  return new Fault(416, `The range ${header} is not part of the ${size} bytes of the image.`, {
    'content-range': `bytes */${size}`,
  });
}
