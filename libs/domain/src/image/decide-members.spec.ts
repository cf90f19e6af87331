import { describe, expect, it } from '@jest/globals';
import { admin, at, bob, carol, create, given, image, refused, type ShortCommand } from './image.spec-kit.js';

describe('sharing', () => {
  const shared = [create(), { type: 'AddMember', member: 'beta' }] as const;

  it('starts pending; the member accepts, rejects and thinks again', () => {
    expect(image(...shared).members).toMatchObject({ beta: { status: 'pending' } });
    const accepted = given(...shared).when({ type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'accepted' });
    expect(accepted).toEqual([{ type: 'ImageMemberAccepted', data: { member: 'beta', from: 'pending' } }]);
    expect(
      given(...shared).when({ type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'rejected' })[0]?.type,
    ).toBe('ImageMemberRejected');
    expect(given(...shared).when({ type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'pending' })).toEqual(
      [],
    );
  });

  it('is not for the owner to accept, nor for other members', () => {
    expect(() => given(...shared).when({ type: 'SetMemberStatus', member: 'beta', status: 'accepted' })).toThrow(
      refused('forbidden'),
    );
    const two = [...shared, { type: 'AddMember', member: 'gamma' }] as const;
    expect(() =>
      given(...two).when({ type: 'SetMemberStatus', actor: carol, member: 'beta', status: 'accepted' }),
    ).toThrow(refused('member-not-found'));
  });

  it('needs a shared image, a new member and room', () => {
    expect(() => given(create({ visibility: 'private' })).when({ type: 'AddMember', member: 'beta' })).toThrow(
      refused('not-shared'),
    );
    expect(() => given(...shared).when({ type: 'AddMember', member: 'beta' })).toThrow(refused('member-exists'));
    expect(() =>
      given(...shared).when({ type: 'AddMember', member: 'x' }, { properties: 1, tags: 1, members: 1, locations: 1 }),
    ).toThrow(refused('limit-exceeded'));
    expect(() => given(create()).when({ type: 'RemoveMember', member: 'beta' })).toThrow(refused('member-not-found'));
    expect(image(...shared, { type: 'RemoveMember', member: 'beta' }).members).toEqual({});
  });

  it('is over while the image has another visibility, and goes on as it was', () => {
    const visibility = (value: string): ShortCommand => ({
      type: 'ChangeImage',
      changes: [{ op: 'replace', attribute: 'visibility', value }],
    });
    const hidden = [...shared, visibility('private')];
    const accept: ShortCommand = { type: 'SetMemberStatus', actor: admin, member: 'beta', status: 'accepted' };
    expect(() => given(...hidden).when(accept)).toThrow(refused('not-shared'));
    expect(() => given(...hidden).when({ type: 'RemoveMember', member: 'beta' })).toThrow(refused('not-shared'));
    expect(image(...hidden, visibility('shared')).members).toMatchObject({ beta: { status: 'pending' } });
  });

  it('does not touch the image itself', () => {
    expect(image(...shared).updatedAt).toBe(at);
  });
});
