import type { Body } from '../services/client.js';
import type { User } from '../services/cloud.js';

export const active = '00000000-0000-4000-8000-00000000000a';
export const queued = '00000000-0000-4000-8000-00000000000b';
export const kept = '00000000-0000-4000-8000-00000000000c';
const none = '00000000-0000-4000-8000-000000000000';
export const image = (id: string) => `/v2/images/${id}`;
const patch = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
const octets = { 'content-type': 'application/octet-stream' };

export interface Refusal {
  readonly call: string;
  readonly as?: User;
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly text: string;
}

const forbiddenTasks = 'You are not authorized to use the tasks of images.';
const notAllowed = (method: string) => `The method ${method} is not allowed for this resource.`;
const noImage = `No image found with ID ${none}`;
const noBody = 'A body is not expected with this request.';
const forbidden = (what: string, id = active) => `You are not authorized to ${what} image ${id}.`;

/** At least one refused request for every endpoint of the Image API; alice sends it where nobody else is named. */
export const refusals: Refusal[] = [
  { call: 'GET /v2/images?limit=-1', status: 400, text: 'limit must be non-negative' },
  {
    call: 'POST /v2/images',
    body: [],
    status: 400,
    text: 'The body must be a JSON object with the attributes of the image.',
  },
  { call: 'POST /v2/images', body: { status: 'active' }, status: 403, text: "Attribute 'status' is read-only." },
  {
    call: 'POST /v2/images',
    body: { id: active },
    status: 409,
    text: `Image ID ${active} already exists! Ids are never used again, not even after deletion.`,
  },
  {
    call: 'POST /v2/images',
    body: { tags: Array.from({ length: 129 }, (_, n) => `t${n}`) },
    status: 413,
    text: 'Attempted: 129 tags, maximum: 128. Remove some tags first.',
  },
  { call: 'POST /v2/images', body: { big: 'x'.repeat(1 << 20) }, status: 413, text: 'Request body is too large' },
  { call: `GET ${image(none)}`, status: 404, text: noImage },
  { call: `GET ${image(queued)}`, as: 'bob', status: 404, text: `No image found with ID ${queued}` },
  {
    call: `PATCH ${image(active)}`,
    headers: patch,
    body: [{ op: 'move', path: '/a' }],
    status: 400,
    text: 'Unknown operation "move": use add, remove, replace.',
  },
  {
    call: `PATCH ${image(active)}`,
    headers: patch,
    body: [{ op: 'remove', path: '/name' }],
    status: 403,
    text: 'Property name may not be removed.',
  },
  { call: `PATCH ${image(none)}`, headers: patch, body: [], status: 404, text: noImage },
  {
    call: `PATCH ${image(active)}`,
    headers: patch,
    body: [{ op: 'remove', path: '/x' }],
    status: 409,
    text: 'Property x does not exist.',
  },
  {
    call: `PATCH ${image(active)}`,
    headers: { ...patch, 'if-match': '"999"' },
    body: [],
    status: 412,
    text: 'The image was changed since the version that If-Match names. Read it again and repeat the request.',
  },
  {
    call: `PATCH ${image(active)}`,
    body: [],
    status: 415,
    text: 'PATCH takes application/openstack-images-v2.1-json-patch or application/openstack-images-v2.0-json-patch.',
  },
  { call: `DELETE ${image(active)}`, body: {}, status: 400, text: noBody },
  {
    call: `DELETE ${image(kept)}`,
    status: 403,
    text: `Image ${kept} is protected and cannot be deleted. Set protected to false first.`,
  },
  { call: `DELETE ${image(none)}`, status: 404, text: noImage },
  { call: `GET ${image(none)}/tasks`, status: 404, text: noImage },
  {
    call: `PUT ${image(queued)}/file`,
    headers: octets,
    body: 'x',
    status: 400,
    text: `Set container_format of image ${queued} before its data.`,
  },
  { call: `PUT ${image(active)}/file`, as: 'rita', headers: octets, body: 'x', status: 403, text: forbidden('upload') },
  { call: `PUT ${image(none)}/file`, headers: octets, body: 'x', status: 404, text: noImage },
  {
    call: `PUT ${image(active)}/file`,
    headers: octets,
    body: 'x',
    status: 409,
    text: `Cannot upload image ${active} in status active: it needs status queued.`,
  },
  {
    call: `PUT ${image(kept)}/file`,
    body: {},
    status: 415,
    text: 'Image data must be sent as application/octet-stream.',
  },
  {
    call: `PUT ${image(kept)}/file`,
    headers: { ...octets, 'x-image-meta-store': 'attic' },
    body: 'x',
    status: 400,
    text: 'Store attic is not one of local.',
  },
  {
    call: `GET ${image(active)}/file`,
    headers: { range: 'bytes=0-1,3-4' },
    status: 400,
    text: 'Several ranges in one request are not supported.',
  },
  { call: `GET ${image(active)}/file`, as: 'rita', status: 403, text: forbidden('download') },
  { call: `GET ${image(none)}/file`, status: 404, text: noImage },
  {
    call: `GET ${image(active)}/file`,
    headers: { range: 'bytes=99-' },
    status: 416,
    text: 'The range bytes=99- is not part of the 5 bytes of the image.',
  },
  { call: `PUT ${image(none)}/stage`, headers: octets, body: 'x', status: 404, text: noImage },
  {
    call: `PUT ${image(active)}/stage`,
    headers: octets,
    body: 'x',
    status: 409,
    text: `Cannot stage image ${active} in status active: it needs status queued.`,
  },
  {
    call: `PUT ${image(kept)}/stage`,
    body: {},
    status: 415,
    text: 'Image data must be sent as application/octet-stream.',
  },
  {
    call: `POST ${image(kept)}/import`,
    body: { method: { name: 'teleport' } },
    status: 400,
    text: 'Import method "teleport" is not one of glance-direct, web-download, glance-download, copy-image.',
  },
  {
    call: `POST ${image(active)}/import`,
    as: 'bob',
    body: { method: { name: 'glance-direct' } },
    status: 403,
    text: forbidden('import'),
  },
  { call: `POST ${image(none)}/import`, body: { method: { name: 'glance-direct' } }, status: 404, text: noImage },
  {
    call: `POST ${image(kept)}/import`,
    body: { method: { name: 'glance-direct' }, stores: ['attic'] },
    status: 409,
    text: 'Unknown store attic; there are local.',
  },
  { call: `POST ${image(queued)}/actions/deactivate`, status: 403, text: forbidden('deactivate queued', queued) },
  { call: `POST ${image(none)}/actions/deactivate`, status: 404, text: noImage },
  { call: `POST ${image(active)}/actions/reactivate`, body: {}, status: 400, text: noBody },
  { call: `POST ${image(queued)}/actions/reactivate`, status: 403, text: forbidden('reactivate queued', queued) },
  {
    call: `POST ${image(active)}/members`,
    body: { project: 'x' },
    status: 400,
    text: 'The body must be a JSON object with the string "member".',
  },
  {
    call: `POST ${image(queued)}/members`,
    body: { member: 'x' },
    status: 403,
    text: `Only shared images have members; image ${queued} is private. Set its visibility to shared.`,
  },
  { call: `POST ${image(none)}/members`, body: { member: 'x' }, status: 404, text: noImage },
  { call: `GET ${image(none)}/members`, status: 404, text: noImage },
  {
    call: `GET ${image(queued)}/members`,
    status: 403,
    text: `Only shared images have members; image ${queued} is private.`,
  },
  { call: `GET ${image(active)}/members/x`, status: 404, text: `Project x is no member of image ${active}.` },
  {
    call: `PUT ${image(active)}/members/x`,
    body: { status: 'perhaps' },
    status: 400,
    text: 'status must be one of pending, accepted, rejected, not "perhaps"',
  },
  {
    call: `PUT ${image(active)}/members/x`,
    body: { status: 'accepted' },
    status: 403,
    text: forbidden('set member status of'),
  },
  { call: `DELETE ${image(active)}/members/x`, status: 404, text: `Project x is no member of image ${active}.` },
  {
    call: `PUT ${image(active)}/tags/${'t'.repeat(256)}`,
    status: 400,
    text: 'Invalid value for tags: it is longer than 255 characters',
  },
  { call: `PUT ${image(none)}/tags/t`, status: 404, text: noImage },
  { call: `DELETE ${image(active)}/tags/t`, status: 404, text: `Image ${active} has no tag t.` },
  {
    call: `DELETE /v2/stores/local/${active}`,
    as: 'admin',
    status: 403,
    text: `Store local holds the last copy of image ${active}; delete the image instead.`,
  },
  { call: `DELETE /v2/stores/local/${none}`, as: 'admin', status: 404, text: noImage },
  { call: `DELETE /v2/stores/attic/${active}`, as: 'admin', status: 409, text: 'The store attic is not one of local.' },
  { call: 'GET /v2/tasks', status: 403, text: forbiddenTasks },
  { call: `GET /v2/tasks/${none}`, status: 403, text: forbiddenTasks },
  { call: 'POST /v2/tasks', body: {}, status: 403, text: forbiddenTasks },
  { call: `GET /v2/tasks/${none}`, as: 'admin', status: 404, text: `No task found with ID ${none}` },
  { call: `GET /v2/tasks?marker=${none}`, as: 'admin', status: 400, text: `The marker ${none} is no task.` },
  { call: `DELETE /v2/tasks/${none}`, as: 'admin', status: 405, text: notAllowed('DELETE') },
  { call: 'GET /v2/info/import', body: {}, status: 400, text: noBody },
  { call: 'POST /v2/info/stores', status: 405, text: notAllowed('POST') },
  { call: 'GET /v2/info/stores/detail', status: 403, text: 'You are not authorized to see the details of stores.' },
  ...['image', 'images', 'member', 'members', 'task', 'tasks'].map((name) => ({
    call: `PUT /v2/schemas/${name}`,
    status: 405,
    text: notAllowed('PUT'),
  })),
  { call: 'GET /v2/schemas/floppy', status: 404, text: 'The resource could not be found.' },
  { call: 'POST /healthcheck', status: 405, text: notAllowed('POST') },
];
