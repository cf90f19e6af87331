import { describe, expect, it } from '@jest/globals';
import { actorOf } from './caller.js';

const alice = {
  ...{ userId: 'u1', userName: 'alice', projectId: 'p1', projectName: 'alpha' },
  ...{ roles: ['member', 'reader'], expiresAt: new Date() },
};

describe('who acts', () => {
  it('is the caller, for its project, with its roles', () => {
    expect(actorOf(alice)).toEqual({ userId: 'u1', projectId: 'p1', roles: ['member', 'reader'] });
  });

  it('is a service as well when one passes the request on, but never what else that service may be', () => {
    const { roles } = actorOf({ ...alice, serviceRoles: ['admin', 'member', 'reader', 'service'] });
    expect(roles).toEqual(['member', 'reader', 'service']);
    expect(actorOf({ ...alice, serviceRoles: ['admin', 'member', 'reader'] }).roles).toEqual(['member', 'reader']);
    expect(actorOf({ ...alice, roles: ['service'], serviceRoles: ['service'] }).roles).toEqual(['service']);
  });
});
