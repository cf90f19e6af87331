/** Minor versions of the Image API v2 that this service answers for; without a cache 2.17 is the current one. */
const minors = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const names = new Set(['v2', ...minors.map((minor) => `v2.${minor}`)]);

/** Whether clients may put it before a path. */
export const isVersion = (name: string) => names.has(name);

/** Body of `GET /` and `GET /versions` (Image API, "List API versions"). */
export function versionsBody(publicUrl: string): object {
  return {
    versions: minors.map((minor, index) => ({
      id: `v2.${minor}`,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${publicUrl}/v2/` }],
    })),
  };
}
