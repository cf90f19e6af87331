type Upcaster = (data: object) => object;

/** `<type>@<version>` → the same event one version later. Stored rows are never rewritten; old shapes are lifted here. */
export type Upcasters = Readonly<Record<string, Upcaster>>;

/** @throws Error when the log holds a type or version that this release does not know: an older one reading a newer log */
export function upcast<Event extends { readonly type: string }>(
  versions: Readonly<Record<Event['type'], number>>,
  upcasters: Upcasters,
  stored: { readonly type: string; readonly schemaVersion: number; readonly data: object },
): Event {
  const { type, schemaVersion, data } = stored;
  const current = Object.hasOwn(versions, type) ? versions[type as Event['type']] : undefined;
  if (current === undefined || schemaVersion > current) {
    throw new Error(`event ${type}, schema version ${schemaVersion}, is newer than this release of Vitrine`);
  }
  let lifted = data;
  for (let version = schemaVersion; version < current; version++) {
    const lift = upcasters[`${type}@${version}`];
    if (!lift) throw new Error(`no upcaster for ${type} from schema version ${version}`);
    lifted = lift(lifted);
  }
  return { type, data: lifted } as unknown as Event;
}
