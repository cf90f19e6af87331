import { unreachable, type Aggregate } from '../aggregate.js';
import { DomainError } from '../domain-error.js';
import type { MetadefCommand } from './commands.js';
import * as contents from './decide-contents.js';
import { changeNamespace, createNamespace, deleteNamespace } from './decide-namespace.js';
import { metadefEventVersions, type MetadefEvent } from './events.js';
import { evolveMetadef } from './evolve.js';
import type { MetadefState } from './namespace.js';
import { upcastMetadefEvent } from './upcast.js';

/** What the command changes about the namespace, or a DomainError with the rule that forbids it. */
export function decideMetadef(command: MetadefCommand, state: MetadefState): readonly MetadefEvent[] {
  if (command.type === 'CreateNamespace') {
    const events = createNamespace(command);
    // An id stands for one namespace for ever: what was seeded and deleted stays deleted.
    if (state) throw new DomainError('namespace-exists', { namespace: state.namespace });
    return events;
  }
  if (state?.deletedAt !== null) {
    throw new DomainError('namespace-not-found', { namespace: state?.namespace ?? '' });
  }
  switch (command.type) {
    case 'ChangeNamespace':
      return changeNamespace(command, state);
    case 'DeleteNamespace':
      return deleteNamespace(command, state);
    case 'AddObject':
      return contents.addObject(command, state);
    case 'ChangeObject':
      return contents.changeObject(command, state);
    case 'RemoveObject':
      return contents.removeObject(command, state);
    case 'RemoveObjects':
      return contents.removeObjects(command, state);
    case 'AddProperty':
      return contents.addProperty(command, state);
    case 'ChangeProperty':
      return contents.changeProperty(command, state);
    case 'RemoveProperty':
      return contents.removeProperty(command, state);
    case 'RemoveProperties':
      return contents.removeProperties(command, state);
    case 'AddNamespaceTag':
      return contents.addTag(command, state);
    case 'ChangeNamespaceTag':
      return contents.changeTag(command, state);
    case 'SetNamespaceTags':
      return contents.setTags(command, state);
    case 'RemoveNamespaceTag':
      return contents.removeTag(command, state);
    case 'RemoveNamespaceTags':
      return contents.removeTags(command, state);
    case 'AssociateResourceType':
      return contents.associate(command, state);
    case 'DissociateResourceType':
      return contents.dissociate(command, state);
    default:
      return unreachable(command);
  }
}

export const metadefAggregate: Aggregate<MetadefState, MetadefCommand, MetadefEvent> = {
  name: 'metadef',
  initial: undefined,
  decide: decideMetadef,
  evolve: evolveMetadef,
  schemaVersions: metadefEventVersions,
  upcast: upcastMetadefEvent,
};
