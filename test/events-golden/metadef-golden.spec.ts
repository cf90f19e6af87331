import { evolveMetadef, metadefEventVersions, upcastMetadefEvent } from '#domain';
import { metadefWrittenToday } from './metadef-life.js';
import { proveLife } from './prove-life.js';

proveLife({
  name: 'metadef',
  versions: metadefEventVersions,
  example: 'MetadefTagRenamed',
  upcast: upcastMetadefEvent,
  evolve: evolveMetadef,
  writtenToday: metadefWrittenToday,
  // The last one deletes it.
  states: (events) => [
    ['state.json', events.slice(0, -1)],
    ['state-deleted.json', events],
  ],
});
