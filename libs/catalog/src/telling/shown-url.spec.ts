import { expect, it } from '@jest/globals';
import { shownUrl, withShownUrls } from './shown-url.js';

it.each([
  ['https://mirror.example.org/debian.qcow2', 'https://mirror.example.org/debian.qcow2'],
  [
    'https://s3.example.org/b/k?X-Amz-Signature=abc&X-Amz-Date=1',
    'https://s3.example.org/b/k?X-Amz-Signature=***&X-Amz-Date=***',
  ],
  ['https://s3.example.org/k?secret=a=b?c=d', 'https://s3.example.org/k?secret=***'],
  ['https://s3.example.org/k?opaque-token', 'https://s3.example.org/k?***'],
  ['HTTPS://s3.example.org/k?a=b#secret', 'HTTPS://s3.example.org/k?a=***'],
  ['https://s3.example.org/k#secret', 'https://s3.example.org/k'],
  ['https://s3.example.org/k?', 'https://s3.example.org/k?***'],
  ['is this https://a/?b=c an address?', 'is this https://a/?b=c an address?'],
])('of %s is shown %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

it('finds them wherever they are, and changes nothing else', () => {
  const method = {
    name: 'web-download',
    uri: 'https://a.example.org/?t=s',
    size: 9n,
    none: null,
    mirrors: ['http://b/?u'],
  };
  expect(withShownUrls({ method })).toEqual({
    method: { ...method, uri: 'https://a.example.org/?t=***', mirrors: ['http://b/?***'] },
  });
});
