/** Each of them stands to alpha's images in another way: the project, and the role with the implied ones. */
export const people = {
  admin: ['admin', 'admin', 'member', 'reader'],
  owner: ['alpha', 'member', 'reader'],
  reader: ['alpha', 'reader'],
  service: ['service', 'service'],
  /** of a project that is a member of every image and has accepted it, which counts while an image is shared */
  invited: ['gamma', 'member', 'reader'],
  guest: ['gamma', 'reader'],
  /** of a project that alpha has nothing to do with */
  other: ['beta', 'member', 'reader'],
  passer: ['beta', 'reader'],
} as const;

export type Person = keyof typeof people;
export const persons = Object.keys(people) as Person[];
export const visibilities = ['private', 'shared', 'community', 'public'] as const;
export type ImageVisibility = (typeof visibilities)[number];

/**
 * IMAGE-API.md §6 with the four visibilities: the status for a private, a shared, a community and a public image of alpha's;
 * one number where all four are the same. In the lists `in` and `out` say whether the image is in it.
 */
const imageTable = `
                    | admin           | owner           | reader          | service | invited         | guest           | other           | passer
show                | 200             | 200             | 200             | 404     | 404 200 200 200 | 404 200 200 200 | 404 404 200 200 | 404 404 200 200
list                | in  in  out in  | in              | in              | 403     | out in  out in  | out in  out in  | out out out in  | out out out in
list community too  | in              | in              | in              | 403     | out in  in  in  | out in  in  in  | out out in  in  | out out in  in
tasks               | 200             | 200             | 200             | 404     | 404 200 200 200 | 404 200 200 200 | 404 404 200 200 | 404 404 200 200
history             | 200             | 200             | 200             | 404     | 404 200 403 403 | 404 200 403 403 | 404 404 403 403 | 404 404 403 403
as-of               | 200             | 200             | 200             | 404     | 404 200 200 200 | 404 200 200 200 | 404             | 404
diff                | 200             | 200             | 200             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
download            | 200             | 200             | 403             | 404     | 404 200 200 200 | 404 403 403 403 | 404 404 200 200 | 404 404 403 403
download deactivated| 200             | 403             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
update              | 200             | 200             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
upload              | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
stage               | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
import              | 202             | 202             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
copy-image          | 202             | 403             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
delete              | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
add tag             | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
remove tag          | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
deactivate          | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
reactivate          | 204             | 204             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
communitize         | 200             | 200             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
publicize           | 200             | 403             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
give away           | 200             | 403             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
set location        | 200             | 200             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
delete location     | 200             | 403             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
delete from store   | 204             | 403             | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
POST location       | 202             | 202             | 403             | 202     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
GET locations       | 200             | 403             | 403             | 200     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
list members        | 403 200 403 403 | 403 200 403 403 | 403 200 403 403 | 404     | 404 200 403 403 | 404 200 403 403 | 404 404 403 403 | 404 404 403 403
show member         | 404 200 404 404 | 404 200 404 404 | 404 200 404 404 | 404     | 404 200 404 404 | 404 200 404 404 | 404             | 404
add member          | 403 200 403 403 | 403 200 403 403 | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
remove member       | 403 204 403 403 | 403 204 403 403 | 403             | 404     | 404 403 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
set member status   | 403 200 403 403 | 403             | 403             | 404     | 404 200 403 403 | 404 403 403 403 | 404 404 403 403 | 404 404 403 403
`;

/** What is about no image. A namespace of alpha's is private. */
const serviceTable = `
                         | admin | owner | reader | service | invited | guest | other | passer
create image             | 201   | 201   | 403    | 403     | 201     | 403   | 201   | 403
create public image      | 201   | 403   | 403    | 403     | 403     | 403   | 403   | 403
create for others        | 201   | 403   | 403    | 403     | 403     | 403   | 403   | 403
info/import              | 200   | 200   | 200    | 200     | 200     | 200   | 200   | 200
info/stores              | 200   | 200   | 200    | 200     | 200     | 200   | 200   | 200
info/stores/detail       | 200   | 403   | 403    | 200     | 403     | 403   | 403   | 403
info/usage               | 200   | 200   | 200    | 200     | 200     | 200   | 200   | 200
schemas                  | 200   | 200   | 200    | 200     | 200     | 200   | 200   | 200
resource types           | 200   | 200   | 200    | 403     | 200     | 200   | 200   | 200
namespaces               | 200   | 200   | 200    | 403     | 200     | 200   | 200   | 200
public namespace         | 200   | 200   | 200    | 404     | 200     | 200   | 200   | 200
namespace of alpha       | 200   | 200   | 200    | 404     | 404     | 404   | 404   | 404
create namespace         | 201   | 403   | 403    | 403     | 403     | 403   | 403   | 403
change public namespace  | 200   | 403   | 403    | 404     | 403     | 403   | 403   | 403
add to namespace of alpha| 201   | 403   | 403    | 404     | 404     | 404   | 404   | 404
`;

/** What one person is answered, by visibility. */
export type Cell = Readonly<Record<ImageVisibility, string>>;
export type Row<Cell> = Readonly<Record<Person, Cell>>;

const cellOf = (text: string): Cell => {
  const words = text.split(/\s+/);
  const wordOf = (index: number) => (words.length === 1 ? words[0]! : words[index]!);
  return Object.fromEntries(visibilities.map((visibility, index) => [visibility, wordOf(index)])) as unknown as Cell;
};

export const imageRows = rowsOf(imageTable, cellOf);
export const serviceRows = rowsOf(serviceTable, Number);

function rowsOf<Cell>(table: string, parse: (text: string) => Cell): { operation: string; expected: Row<Cell> }[] {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((text) => text.trim()));
  if (head.filter((name) => name !== '').join() !== persons.join()) throw new Error('the columns are not the persons');
  return rows.map(([operation = '', ...cells]) => ({
    operation,
    expected: Object.fromEntries(persons.map((person, index) => [person, parse(cells[index]!)])) as Row<Cell>,
  }));
}
