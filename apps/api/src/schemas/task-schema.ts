import { taskStatuses, taskTypes } from '#catalog';
import { collectionSchema } from './collection-schema.js';

const uuid = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';
const text = (description: string) => ({ type: 'string', description });
const link = { readOnly: true, type: 'string' };

const stub = {
  id: { ...text('An identifier for the task'), pattern: uuid },
  type: { ...text('What the task does'), enum: taskTypes },
  status: { ...text('The current status of the task'), enum: taskStatuses },
  owner: { type: ['null', 'string'], description: 'The project that asked for the task' },
  image_id: text('The image that the task fills'),
  request_id: text('The request that asked for the task'),
  user_id: text('The user who asked for the task'),
  expires_at: { type: ['null', 'string'], description: 'When the task is not shown any more; set at its end' },
  created_at: text('Date and time of the request'),
  updated_at: text('Date and time of the last change'),
  self: link,
  schema: link,
};

/** What Glance's publishes, so that models built from it are the same. */
export const taskSchema = {
  name: 'task',
  properties: {
    ...stub,
    input: { type: ['null', 'object'], description: 'What the task was asked' },
    result: { type: ['null', 'object'], description: 'What came of it' },
    message: text('Why it failed'),
  },
};

export const tasksSchema = collectionSchema('tasks', { name: 'task', properties: stub });
