import { Controller, Get, Inject, Param, Query, Req, UseFilters } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BuiltinIdentity, type Project, type User } from '#identity';
import { Fault } from '../http/fault.js';
import { KeystoneErrorFilter, unauthorized } from './keystone-error.js';

interface NameFilter {
  readonly name?: string;
}

/** Who and what there is, read-only: clients look projects and users up by name. Any token will do. */
@Controller('/identity/v3')
@UseFilters(KeystoneErrorFilter)
export class DirectoryController {
  constructor(@Inject(BuiltinIdentity) private readonly identity: BuiltinIdentity) {}

  @Get('projects')
  projects(@Req() request: FastifyRequest, @Query() filter: NameFilter): object {
    this.authenticate(request);
    return { projects: named(this.identity.directory.projects, filter).map(projectView), links: {} };
  }

  @Get('auth/projects')
  ownProjects(@Req() request: FastifyRequest): object {
    const { project } = this.authenticate(request);
    return { projects: [projectView(project)], links: {} };
  }

  @Get('projects/:id')
  project(@Req() request: FastifyRequest, @Param('id') id: string): object {
    this.authenticate(request);
    return { project: projectView(byId(this.identity.directory.projects, id, 'project')) };
  }

  @Get('users')
  users(@Req() request: FastifyRequest, @Query() filter: NameFilter): object {
    this.authenticate(request);
    return { users: named(this.identity.directory.users, filter).map(userView), links: {} };
  }

  @Get('users/:id')
  user(@Req() request: FastifyRequest, @Param('id') id: string): object {
    this.authenticate(request);
    return { user: userView(byId(this.identity.directory.users, id, 'user')) };
  }

  @Get('domains')
  domains(@Req() request: FastifyRequest, @Query() filter: NameFilter): object {
    this.authenticate(request);
    return { domains: named([domain], filter), links: {} };
  }

  @Get('domains/:id')
  domain(@Req() request: FastifyRequest, @Param('id') id: string): object {
    this.authenticate(request);
    return { domain: byId([domain], id, 'domain') };
  }

  private authenticate(request: FastifyRequest) {
    const token = request.headers['x-auth-token'];
    const issued = typeof token === 'string' ? this.identity.validate(token) : undefined;
    if (!issued) throw unauthorized();
    return issued;
  }
}

const domain = { id: 'default', name: 'Default', enabled: true, description: 'The default domain', links: {} };

const projectView = ({ id, name }: Project) => ({
  ...{ id, name, domain_id: 'default', parent_id: 'default', enabled: true, is_domain: false },
  ...{ description: '', tags: [], options: {}, links: {} },
});
const userView = ({ id, name, projectId }: User) => ({
  ...{ id, name, domain_id: 'default', default_project_id: projectId, enabled: true },
  ...{ password_expires_at: null, options: {}, links: {} },
});

function named<T extends { readonly name: string }>(all: readonly T[], { name }: NameFilter): readonly T[] {
  return name === undefined ? all : all.filter((one) => one.name === name);
}

function byId<T extends { readonly id: string }>(all: readonly T[], id: string, what: string): T {
  const found = all.find((one) => one.id === id);
  if (!found) throw new Fault(404, `Could not find ${what}: ${id}.`);
  return found;
}
