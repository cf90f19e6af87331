import { Body, Delete, Get, HttpCode, Inject, Param, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { CatalogNamespace } from '#catalog';
import { DomainError, named } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { givenBody } from './given-body.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** The commands that change one kind of what a namespace holds. */
export interface DefinitionCommands {
  readonly change: 'ChangeObject' | 'ChangeProperty' | 'ChangeNamespaceTag';
  readonly remove: 'RemoveObject' | 'RemoveProperty' | 'RemoveNamespaceTag';
  readonly removeAll: 'RemoveObjects' | 'RemoveProperties' | 'RemoveNamespaceTags';
}

/** What of a namespace a view of one definition is made of. */
export type Definitions = Pick<CatalogNamespace, 'namespace' | 'objects' | 'properties' | 'tags'>;

/** One object, property or tag by its name, and the end of all of them. What is new comes in its own way for each kind. */
export abstract class DefinitionsController {
  protected abstract readonly types: DefinitionCommands;

  constructor(
    @Inject(CommandBus) protected readonly commands: CommandBus,
    @Inject(QueryBus) protected readonly queries: QueryBus,
  ) {}

  /** @throws DomainError definition-not-found */
  protected abstract view(namespace: Definitions, name: string): object;

  /** The definition's own name, of the one that it has on a resource of the type. */
  protected ownName(_namespace: CatalogNamespace, name: string, _resourceType: string): string {
    return name;
  }

  @Delete()
  @HttpCode(204)
  async removeAll(@CurrentCall() call: Call, @Param('namespace') name: string): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: this.types.removeAll }, call));
  }

  @Get(':definition')
  async show(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Param('definition') definition: string,
    @Query('resource_type') resourceType?: string,
  ): Promise<object> {
    const namespace = await this.queries.execute(new ShowNamespace(name, actor));
    return this.view(namespace, resourceType ? this.ownName(namespace, definition, resourceType) : definition);
  }

  @Put(':definition')
  async change(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('definition') definition: string,
    @Body() body: unknown,
  ): Promise<object> {
    const command = { type: this.types.change, name: definition, given: givenBody(body) };
    const namespace = await this.commands.execute(new RunMetadefCommand(name, command, call));
    return this.view(namespace, String(command.given.name));
  }

  @Delete(':definition')
  @HttpCode(204)
  async remove(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('definition') definition: string,
  ): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: this.types.remove, name: definition }, call));
  }
}

/** @throws DomainError definition-not-found */
export function definitionNamed<T extends { readonly name: string }>(
  list: readonly T[],
  name: string,
  kind: string,
  namespace: string,
): T {
  const found = named(list, name);
  if (!found) throw new DomainError('definition-not-found', { kind, name, namespace });
  return found;
}
