import { imageNotFound } from '../http/fault.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id in its one spelling (lower case). What is no UUID names no image: clients look names up this way. */
export function imageIdOf(text: string): string {
  const id = text.toLowerCase();
  if (!uuid.test(id)) throw imageNotFound(text);
  return id;
}

export const isImageId = (text: unknown): text is string => typeof text === 'string' && uuid.test(text.toLowerCase());
