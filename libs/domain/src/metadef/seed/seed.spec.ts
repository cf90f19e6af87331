import { describe, expect, it } from '@jest/globals';
import { given, system } from '../metadef.spec-kit.js';
import { namespaceSeeds } from './index.js';

describe('the starting set', () => {
  it.each(namespaceSeeds.map((seed) => [seed.given.namespace, seed] as const))(
    '%s keeps all rules',
    (_, { id, given: body }) => {
      const namespace = given().then({ type: 'CreateNamespace', id, given: { ...body }, actor: system });
      expect(namespace).toMatchObject({ visibility: 'public', protected: true, owner: 'admin' });
      const properties = [...namespace.properties, ...namespace.objects.flatMap((object) => object.properties)];
      expect(properties.length).toBeGreaterThan(0);
      for (const { name, definition } of properties) {
        expect([name, definition.description]).toEqual([name, expect.stringMatching(/^.{5,200}$/s)]);
        if (definition.pattern) expect(() => new RegExp(definition.pattern!)).not.toThrow();
      }
    },
  );

  it('has fixed ids and names of their own', () => {
    for (const values of [namespaceSeeds.map(({ id }) => id), namespaceSeeds.map((seed) => seed.given.namespace)]) {
      expect(new Set(values).size).toBe(namespaceSeeds.length);
    }
    for (const { id } of namespaceSeeds) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('never defines one property twice for the same resource', () => {
    const full = namespaceSeeds.flatMap(({ given: body }) =>
      body.resource_type_associations.flatMap(({ name: type, prefix = '' }) =>
        [body.properties ?? {}, ...(body.objects ?? []).map((object) => object.properties)].flatMap((properties) =>
          Object.keys(properties).map((name) => `${type} ${prefix}${name}`),
        ),
      ),
    );
    expect(full.filter((name, index) => full.indexOf(name) !== index)).toEqual([]);
  });

  it('covers images, volumes and flavors', () => {
    const types = namespaceSeeds.flatMap((seed) => seed.given.resource_type_associations.map(({ name }) => name));
    expect([...new Set(types)].sort()).toEqual(['OS::Cinder::Volume', 'OS::Glance::Image', 'OS::Nova::Flavor']);
  });
});
