import {
  Body,
  Controller,
  Delete,
  Get,
  Head,
  HttpCode,
  Inject,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BuiltinIdentity, type Issued, type Project, type User } from '#identity';
import { badRequest, Fault } from '../http/fault.js';
import { PublicUrl } from '../service/public-url.js';
import { KeystoneErrorFilter, unauthorized } from './keystone-error.js';
import { catalogOf, tokenBody } from './token-body.js';

const named = z.object({ id: z.string().optional(), name: z.string().optional() });
const authRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.string()),
      password: z.object({ user: named.extend({ password: z.string() }) }).optional(),
      token: z.object({ id: z.string() }).optional(),
    }),
    scope: z.union([z.object({ project: named }), z.string(), z.object({}).loose()]).optional(),
  }),
});

interface TokenQuery {
  /** services ask so for a user whose token ran out on the way (Keystone's `allow_expired`) */
  readonly allow_expired?: string;
}
const yes = /^(1|t|true|on|y|yes)$/i;

/** Tokens: made from a password or another token, checked, revoked (Keystone v3, "Authentication and token management"). */
@Controller('/identity/v3/auth')
@UseFilters(KeystoneErrorFilter)
export class TokensController {
  constructor(
    @Inject(BuiltinIdentity) private readonly identity: BuiltinIdentity,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Post('tokens')
  async create(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const parsed = authRequest.safeParse(body);
    if (!parsed.success) throw badRequest('The body is no authentication request of Keystone v3.');
    const { identity, scope } = parsed.data.auth;
    const project =
      scope && typeof scope === 'object' && 'project' in scope
        ? this.project(scope.project as z.infer<typeof named>)
        : undefined;
    const issued = await this.issue(identity, project);
    if (!issued) throw unauthorized();
    const url = this.publicUrl.of(request);
    void reply
      .status(201)
      .header('x-subject-token', issued.token)
      .send(tokenBody(issued, url, identity.methods));
  }

  @Get('tokens')
  show(@Req() request: FastifyRequest, @Query() query: TokenQuery, @Res() reply: FastifyReply): void {
    const issued = this.subject(request, query);
    void reply
      .header('x-subject-token', issued.token)
      .send(tokenBody(issued, this.publicUrl.of(request), ['password']));
  }

  @Head('tokens')
  check(@Req() request: FastifyRequest, @Query() query: TokenQuery, @Res() reply: FastifyReply): void {
    void reply.header('x-subject-token', this.subject(request, query).token).send();
  }

  @Delete('tokens')
  @HttpCode(204)
  revoke(@Req() request: FastifyRequest): void {
    this.identity.revoke(this.subject(request).token);
  }

  @Get('catalog')
  catalog(@Req() request: FastifyRequest): object {
    this.caller(request);
    return { catalog: catalogOf(this.publicUrl.of(request)) };
  }

  private async issue(
    { methods, password, token }: z.infer<typeof authRequest>['auth']['identity'],
    project: Project | undefined,
  ): Promise<Issued | undefined> {
    if (methods.includes('password') && password) {
      return this.identity.login(this.user(password.user), password.user.password, project);
    }
    if (methods.includes('token') && token) {
      const before = this.identity.validate(token.id);
      return before && this.identity.renew(before, project);
    }
    throw badRequest('Only the methods password and token are supported.');
  }

  private user({ id, name }: z.infer<typeof named>): User | undefined {
    return this.identity.directory.users.find((user) => (id === undefined ? user.name === name : user.id === id));
  }

  private project({ id, name }: z.infer<typeof named>): Project {
    const found = this.identity.directory.projects.find((one) =>
      id === undefined ? one.name === name : one.id === id,
    );
    if (!found) throw unauthorized();
    return found;
  }

  private caller(request: FastifyRequest): Issued {
    const token = request.headers['x-auth-token'];
    const issued = typeof token === 'string' ? this.identity.validate(token) : undefined;
    if (!issued) throw unauthorized();
    return issued;
  }

  private subject(request: FastifyRequest, query: TokenQuery = {}): Issued {
    this.caller(request);
    const token = request.headers['x-subject-token'];
    const allowExpired = yes.test(query.allow_expired ?? '');
    const issued = typeof token === 'string' ? this.identity.validate(token, { allowExpired }) : undefined;
    if (!issued) throw new Fault(404, 'Could not find token.');
    return issued;
  }
}
