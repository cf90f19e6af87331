import { DomainError } from './domain-error.js';

/** A string of at most so many characters that every database of this field can hold. @throws DomainError */
export function text(attribute: string, value: unknown, maxLength: number): string {
  if (typeof value !== 'string') invalid(attribute, `${show(value)} is not a string`);
  if (value.length > maxLength) invalid(attribute, `it is longer than ${maxLength} characters`);
  // Glance's databases hold three-byte UTF-8, so its clients expect 400; PostgreSQL text cannot hold NUL.
  if (/[\u{10000}-\u{10FFFF}]/u.test(value))
    invalid(attribute, 'it holds a character outside the Basic Multilingual Plane');
  if (/[\0\p{Cs}]/u.test(value)) invalid(attribute, 'it holds a character that cannot be stored');
  return value;
}

export function boolean(attribute: string, value: unknown): boolean {
  if (typeof value !== 'boolean') invalid(attribute, `${show(value)} is not true or false`);
  return value;
}

export function oneOf<T extends string>(attribute: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) invalid(attribute, `${show(value)} is not one of ${allowed.join(', ')}`);
  return found;
}

/** The value as a refusal quotes it. */
export const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));

export function invalid(attribute: string, problem: string): never {
  throw new DomainError('invalid-attribute', { attribute, problem });
}
