// Arrows point down only (docs/adr/0002): apps → platform → jobs, catalog, identity, image-data → event-store,
// object-store → domain; config is a leaf that anyone may read.
const only = (lib, allowed) => ({
  name: `${lib}-imports-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: '\\.spec(-kit)?\\.ts$' },
  to: { path: '^(apps|libs|test)/', pathNot: [lib, ...allowed].map((name) => `^libs/${name}/`) },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('domain', []),
    only('config', []),
    only('object-store', []),
    only('event-store', ['domain']),
    only('image-data', ['domain', 'object-store']),
    only('catalog', ['domain', 'event-store']),
    only('identity', ['domain']),
    only('jobs', ['domain', 'event-store']),
    only('platform', ['domain', 'config', 'event-store', 'object-store', 'catalog', 'image-data', 'identity', 'jobs']),
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: '\\.spec(-kit)?\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'core'] },
    },
    {
      name: 'apps-never-import-each-other',
      comment: 'apps/vitrine is the launcher: the one that may start the others',
      severity: 'error',
      from: { path: '^apps/(api|worker)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'only-through-the-front-door',
      comment: 'a lib is reached by its index, not by its files',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/$2/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'no-test-in-code',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec(-kit)?\\.ts$' },
      to: { path: '(\\.spec(-kit)?\\.ts$)|(^test/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['vitrine-source', 'import', 'node', 'default'],
    },
  },
};
