import { expect, it } from '@jest/globals';
import { bestOffer } from './accept.js';

// What a Glance 25.1 answered to each of these.
it.each([
  ['*/*', 'text/html'],
  ['application/json', 'application/json'],
  ['APPLICATION/JSON', 'application/json'],
  ['application/json, */*', 'text/html'],
  ['application/json, text/plain, */*', 'text/html'],
  ['application/json, text/html', 'text/html'],
  ['text/html;q=0.5, application/json', 'application/json'],
  ['application/json;q=0.5, text/html', 'text/html'],
  ['application/json;q=1.0,*/*;q=0.5', 'application/json'],
  ['application/json;q=0.9,*/*', 'text/html'],
  ['application/*, */*;q=0.1', 'application/json'],
  ['text/*', 'text/html'],
  ['text/html;q=0, */*', 'application/json'],
  ['application/json;q=0, */*', 'text/html'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ['text/plain, application/json', 'application/json'],
  ['text/plain', undefined],
  ['application/octet-stream', undefined],
  ['application/json;charset=utf-8', undefined],
  ['', undefined],
  ['garbage', 'text/html'],
])('Accept: %s is best served with %s', (accept, expected) => {
  expect(bestOffer(accept, ['text/html', 'application/json'])).toBe(expected);
});
