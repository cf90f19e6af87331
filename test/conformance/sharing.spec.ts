import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

describe('sharing an image', () => {
  it('shows it to the invited project, lists it once accepted, hands out its bytes, and ends with the invitation', async () => {
    const { alice, bob } = world;
    const { id } = await alice.createActive(Buffer.from('shared'));
    const members = `/v2/images/${id}/members`;
    const bobs = `${members}/${bob.projectId}`;
    const lists = async (query = '') => (await bob.get(`/v2/images?${query}`)).images.map((image) => image.id);

    expect(await bob.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
    const added = await alice.post(members, { member: bob.projectId });
    expect(added.status).toBe(200);
    expect(added.json).toEqual({
      ...{ image_id: id, member_id: bob.projectId, status: 'pending', schema: '/v2/schemas/member' },
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    });
    expect(await alice.post(members, { member: bob.projectId })).toMatchObject({ status: 409 });

    expect(await bob.get(`/v2/images/${id}`)).toMatchObject({ status: 200 });
    expect(await lists()).not.toContain(id);
    expect(await lists('member_status=pending&visibility=shared')).toContain(id);
    expect((await bob.put(bobs, { status: 'accepted' })).json).toMatchObject({ status: 'accepted' });
    expect(await lists()).toContain(id);
    expect((await bob.get(`/v2/images/${id}/file`)).text).toBe('shared');

    expect(await bob.put(bobs, { status: 'rejected' })).toMatchObject({ status: 200 });
    expect(await lists()).not.toContain(id);
    expect(await alice.delete(bobs)).toMatchObject({ status: 204 });
    expect(await alice.delete(bobs)).toMatchObject({ status: 404 });
    expect(await bob.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
  });

  it('lets each side see and change its own part only', async () => {
    const { admin, alice, bob, rita } = world;
    const { id } = await alice.createImage();
    const members = `/v2/images/${id}/members`;
    const bobs = `${members}/${bob.projectId}`;
    await alice.post(members, { member: bob.projectId });
    await alice.post(members, { member: 'gamma' });
    const seenBy = async (who: typeof alice) => (await who.get(members)).json.members;

    expect(await seenBy(alice)).toHaveLength(2);
    expect(await seenBy(rita)).toHaveLength(2);
    expect(await seenBy(bob)).toEqual([expect.objectContaining({ member_id: bob.projectId })]);
    expect(await bob.get(`${members}/gamma`)).toMatchObject({ status: 404 });
    expect(await alice.put(bobs, { status: 'accepted' })).toMatchObject({ status: 403 });
    expect(await bob.put(`${members}/gamma`, { status: 'accepted' })).toMatchObject({ status: 404 });
    expect(await bob.post(members, { member: 'delta' })).toMatchObject({ status: 403 });
    expect(await bob.delete(bobs)).toMatchObject({ status: 403 });
    expect(await rita.post(members, { member: 'delta' })).toMatchObject({ status: 403 });
    expect(await admin.put(bobs, { status: 'accepted' })).toMatchObject({ status: 200 });
  });

  it.each(['private', 'community', 'public'])('is not for %s images', async (visibility) => {
    const { admin, alice, bob } = world;
    const { id } = await alice.createImage();
    await admin.patch(id, [{ op: 'replace', path: '/visibility', value: visibility }]);
    expect(await alice.post(`/v2/images/${id}/members`, { member: bob.projectId })).toMatchObject({ status: 403 });
  });

  it.each<[string, object | string]>([
    ['no member', {}],
    ['a number', { member: 7 }],
    ['an empty name', { member: '' }],
    ['no object', 'null'],
  ])('answers 400 to %s', async (_what, body) => {
    const { id } = await world.alice.createImage();
    expect(await world.alice.post(`/v2/images/${id}/members`, body)).toMatchObject({ status: 400 });
  });

  it('answers 400 to a status that there is not', async () => {
    const { admin, alice, bob } = world;
    const { id } = await alice.createImage();
    await alice.post(`/v2/images/${id}/members`, { member: bob.projectId });
    const answer = await admin.put(`/v2/images/${id}/members/${bob.projectId}`, { status: 'perhaps' });
    expect(answer).toMatchObject({ status: 400 });
  });
});

describe('the history of an image', () => {
  it('says who did what, in which request, from what to what', async () => {
    const { alice, bob } = world;
    const { id } = await alice.createImage({ name: 'first' });
    await alice.patch(id, [{ op: 'replace', path: '/name', value: 'second' }]);
    await alice.upload(id, Buffer.from('x'), { 'x-openstack-request-id': 'req-upload' });
    await alice.post(`/v2/images/${id}/members`, { member: bob.projectId });
    await bob.put(`/v2/images/${id}/members/${bob.projectId}`, { status: 'accepted' });

    const events = await alice.history(id);
    expect(events.map(({ type, actor }) => [type, actor.user_id])).toEqual([
      ['ImageCreated', alice.userId],
      ['ImageAttributesChanged', alice.userId],
      ['ImageUploadStarted', alice.userId],
      ['ImageDataUploaded', alice.userId],
      ['ImageActivated', alice.userId],
      ['ImageMemberAdded', alice.userId],
      ['ImageMemberAccepted', bob.userId],
    ]);
    expect(events[1]!.changes).toEqual({ name: { from: 'first', to: 'second' } });
    expect(events[2]!.request_id).toBe('req-upload');
    expect(events[4]!.changes).toEqual({ status: { from: 'saving', to: 'active' } });
    expect(events[6]!.changes).toEqual({ [`member ${bob.projectId}`]: { from: 'pending', to: 'accepted' } });
    expect(events[6]!.actor).toMatchObject({ project_id: bob.projectId });
  });

  it('stays readable to owner and admin after the image is gone, and to nobody else', async () => {
    const { admin, alice, bob, rita } = world;
    const { id } = await alice.createImage();
    await alice.delete(`/v2/images/${id}`);
    for (const who of [admin, alice, rita])
      expect((await who.history(id)).at(-1)).toMatchObject({ type: 'ImageDeleted' });
    const refused = await bob.get(`/vitrine/v1/images/${id}/history`);
    expect(refused).toMatchObject({ status: 404 });
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.json).toMatchObject({ status: 404, title: 'Not Found' });
  });
});
