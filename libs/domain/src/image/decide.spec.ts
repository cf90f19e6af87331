import { describe, expect, it } from '@jest/globals';
import { admin, alice, bob, create, found, given, glance, refused, rita } from './image.spec-kit.js';

describe('who may', () => {
  it('not see an image is told that there is none; who sees it is told that he may not', () => {
    expect(() => given(create()).when({ type: 'DeleteImage', actor: bob })).toThrow(refused('image-not-found'));
    expect(() => given(create({ visibility: 'community' })).when({ type: 'DeleteImage', actor: bob })).toThrow(
      refused('forbidden'),
    );
    expect(() => given(create()).when({ type: 'DeleteImage', actor: rita })).toThrow(refused('forbidden'));
  });

  it('create', () => {
    expect(() => given().when({ ...create(), actor: rita })).toThrow(refused('forbidden'));
    expect(() => given().when({ ...create(), actor: glance })).toThrow(refused('forbidden'));
    expect(() => given().when(create({ owner: 'beta' }))).toThrow(refused('forbidden'));
    expect(() => given().when(create({ visibility: 'public' }))).toThrow(refused('forbidden'));
    expect(given().when({ ...create({ owner: 'beta', visibility: 'public' }), actor: admin })).toHaveLength(1);
    expect(given().when({ ...create({ owner: alice.projectId }), actor: alice })).toHaveLength(1);
  });
});

it('an image that is not there is not found', () => {
  expect(() => given().when({ type: 'DeleteImage' })).toThrow(refused('image-not-found'));
  expect(() => given().when({ type: 'CompleteUpload', attempt: 'a1', found })).toThrow(refused('image-not-found'));
});
