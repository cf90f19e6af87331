import { CommandRunner, type AggregateChange } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import {
  decideMetadef,
  DomainError,
  metadefAggregate,
  type Actor,
  type MetadefCommand,
  type MetadefEvent,
  type MetadefNamespace,
  type MetadefState,
} from '#domain';
import { admin, pick, TestLog } from '../catalog.spec-kit.js';
import { MetadefCatalog } from './metadef-catalog.js';
import { MetadefCatalogProjection } from './metadef-catalog.projection.js';

type Short<C> = C extends MetadefCommand
  ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor; readonly at?: Date }
  : never;
export type ShortMetadefCommand = Short<MetadefCommand>;

const by = (command: ShortMetadefCommand): MetadefCommand => ({ actor: admin, at: new Date(), ...command });

/** The write side and the read side of metadata definitions on one database. */
export class TestMetadefs extends TestLog {
  readonly runner: CommandRunner<MetadefState, MetadefCommand, MetadefEvent>;
  readonly catalog: MetadefCatalog;

  constructor(where: string | TestDatabase) {
    super(where);
    this.runner = new CommandRunner(this.store, metadefAggregate, [new MetadefCatalogProjection()]);
    this.catalog = new MetadefCatalog(this.database);
  }

  /** On a database of its own. */
  static async create(): Promise<TestMetadefs> {
    return new TestMetadefs(await createTestDatabase());
  }

  /** One command after the other; what the last one did. @throws DomainError when a rule refuses */
  async run(id: string, ...commands: readonly ShortMetadefCommand[]): Promise<AggregateChange<MetadefState>> {
    let change: AggregateChange<MetadefState> | undefined;
    for (const command of commands.map(by)) {
      const actor = { user_id: command.actor.userId, project_id: command.actor.projectId, roles: command.actor.roles };
      const context = { actor, projectId: null, requestId: null, causationId: null, correlationId: null };
      change = await this.runner.run(id, command, context);
    }
    return change!;
  }

  /** Every row of both tables, or those of one namespace, in the order of their keys. */
  async rows(id: string | null = null): Promise<{ namespaces: object[]; resourceTypes: object[] }> {
    const read = (text: string) => this.database.query({ text, values: [id] });
    const [namespaces, resourceTypes] = await Promise.all([
      read('select * from catalog.metadef_namespaces where $1::uuid is null or id = $1 order by id'),
      read(`select * from catalog.metadef_resource_types where $1::uuid is null or namespace_id = $1
            order by namespace_id, name`),
    ]);
    return { namespaces, resourceTypes };
  }
}

export const create = (
  id: string,
  namespace: string,
  more: Record<string, unknown> = {},
  at?: Date,
): ShortMetadefCommand => ({ type: 'CreateNamespace', id, given: { namespace, ...more }, ...(at && { at }) });

export const rename = (namespace: string): ShortMetadefCommand => ({ type: 'ChangeNamespace', given: { namespace } });

/** A random life of one namespace: at each step any command that the rules accept now. Deletion comes late. */
export class MetadefWalk {
  private steps = 0;

  constructor(
    readonly id: string,
    private readonly random: () => number,
  ) {}

  /** undefined when it is deleted */
  next(state: MetadefState): ShortMetadefCommand | undefined {
    this.steps++;
    if (state?.deletedAt) return undefined;
    if (!state) return create(this.id, `NS ${this.id}`, contents(`${this.steps}`));
    const deletion: ShortMetadefCommand = { type: 'DeleteNamespace' };
    if (this.random() < 0.03 && isAccepted(deletion, state)) return deletion;
    return pick(
      this.random,
      candidates(state, `${this.steps}`, this.random).filter((command) => isAccepted(command, state)),
    );
  }
}

function isAccepted(command: ShortMetadefCommand, state: MetadefNamespace): boolean {
  try {
    return decideMetadef(by(command), state).length > 0;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

const definition = { type: 'string', title: 'ü€', enum: ['b', 'a'], minLength: 0 };
const contents = (step: string) => ({
  properties: { zeta: definition, alpha: { ...definition, default: step } },
  objects: [{ name: 'first', required: ['b', 'a'], properties: { b: definition, a: definition } }],
  tags: [{ name: 't2' }, { name: 't1' }],
  resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_' }],
});

function candidates(state: MetadefNamespace, step: string, random: () => number): ShortMetadefCommand[] {
  const one = (list: readonly { readonly name: string }[]) => (list.length === 0 ? 'none' : pick(random, list).name);
  const given = { name: `x${step}`, type: 'integer', title: 'T', minimum: 1 };
  const type = pick(random, ['OS::Nova::Flavor', 'OS::Cinder::Volume', 'OS::Glance::Image']);
  const visibility = pick(random, ['public', 'private']);
  const attributes = { display_name: `d${step}`, visibility, protected: random() < 0.3, owner: 'alpha' };
  return [
    { type: 'ChangeNamespace', given: { namespace: `NS ${step} ${state.id}`, ...attributes } },
    { type: 'ChangeNamespace', given: { namespace: state.namespace, description: `about ${step}` } },
    { type: 'AddObject', given: { name: `o${step}`, properties: { z: definition, y: definition } } },
    { type: 'ChangeObject', name: one(state.objects), given: { name: `o${step}`, description: 'D' } },
    { type: 'RemoveObject', name: one(state.objects) },
    { type: 'RemoveObjects' },
    { type: 'AddProperty', given },
    { type: 'ChangeProperty', name: one(state.properties), given },
    { type: 'RemoveProperty', name: one(state.properties) },
    { type: 'RemoveProperties' },
    { type: 'AddNamespaceTag', name: `t${step}` },
    { type: 'ChangeNamespaceTag', name: one(state.tags), given: { name: `t${step}` } },
    { type: 'SetNamespaceTags', given: { tags: [{ name: `t${step}` }, { name: 't1' }] }, append: random() < 0.5 },
    { type: 'RemoveNamespaceTag', name: one(state.tags) },
    { type: 'RemoveNamespaceTags' },
    { type: 'AssociateResourceType', given: { name: type, properties_target: 'image' } },
    { type: 'DissociateResourceType', name: one(state.resourceTypes) },
  ];
}
