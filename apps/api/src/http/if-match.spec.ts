import { describe, expect, it } from '@jest/globals';
import { Fault } from './fault.js';
import { entityTag, versionsOf } from './if-match.js';

describe('If-Match', () => {
  it.each<[string | undefined, number[] | undefined]>([
    [undefined, undefined],
    ['*', undefined],
    ['"7"', [7]],
    ['"7", "8"', [7, 8]],
    ['"7","8" , ,"9"', [7, 8, 9]],
    ['W/"7"', []],
    ['W/"7", "8"', [8]],
    ['"07"', []],
    ['"made-up", "a,b", ""', []],
    ['"99999999999999999999"', []],
  ])('%s allows the versions %j', (header, versions) => {
    expect(versionsOf(header)).toEqual(versions);
  });

  it.each(['', '7', '"7', '"7" "8"', '*, "7"', "'7'", 'w/"7"', '"made up"'])(
    'is refused when it reads %j',
    (header) => {
      expect(() => versionsOf(header)).toThrow(Fault);
    },
  );

  it('takes what an answer gave', () => {
    expect(versionsOf(entityTag(12))).toEqual([12]);
  });
});
