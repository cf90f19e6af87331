import { createPrivateKey } from 'node:crypto';
import { expect, it } from '@jest/globals';
import {
  isWellSigned,
  parseCheckpoint,
  sealSchemaVersion,
  sealType,
  signCheckpoint,
  type SignedCheckpoint,
} from '#event-store';
import { expectEveryVersion, expectWellStored, StoredLife } from './stored-life.js';

const stored = new StoredLife('seal');
const [event] = stored.examples.map((example) => example.event);

/** The first test vector of RFC 8032: nobody's secret. */
const key = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  ),
  ...({ format: 'der', type: 'pkcs8' } as const),
});

it('LogSealed has an example of every version', () => {
  expectEveryVersion([stored], sealType, sealSchemaVersion);
});

it.each(stored.examples)('$file is canonical, and what its name says', (example) => {
  expectWellStored(example);
});

it('what was signed once is well signed for ever, and what is signed today', () => {
  const checkpoint = parseCheckpoint(event!.payload)!;
  expect(isWellSigned(checkpoint)).toBe(true);
  expect(signCheckpoint(event!.payload as SignedCheckpoint, key)).toEqual(event!.payload);
});
