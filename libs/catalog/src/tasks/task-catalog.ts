import type { Database } from '#event-store';
import { kept, taskColumns, taskListStatement, type TaskListQuery } from './task-list.query.js';
import type { CatalogTask } from './task.projection.js';

/** Answers from the read model of tasks; one statement a question, beside the look-up of a marker. */
export class TaskCatalog {
  constructor(private readonly database: Database) {}

  /** undefined when the marker is no task */
  async list(query: TaskListQuery): Promise<CatalogTask[] | undefined> {
    if (query.marker !== undefined && !(await this.find(query.marker))) return undefined;
    // PostgreSQL's text cannot hold NUL, so nothing has such a value.
    if (Object.values(query.filters).some((value) => value.includes('\0'))) return [];
    return this.database.query<CatalogTaskRow>(taskListStatement(query));
  }

  async find(id: string): Promise<CatalogTask | undefined> {
    const [row] = await this.database.query<CatalogTaskRow>({
      name: 'find-task',
      // served by tasks_pkey
      text: `select ${taskColumns} from catalog.tasks where id = $1 and ${kept}`,
      values: [id],
    });
    return row;
  }

  /** Oldest first; of one project if it is named. */
  async ofImage(imageId: string, owner?: string | null): Promise<CatalogTask[]> {
    return this.database.query<CatalogTaskRow>({
      name: owner === undefined ? 'tasks-of-image' : 'own-tasks-of-image',
      // served by tasks_by_image
      text: `select ${taskColumns} from catalog.tasks where image_id = $1 and ${kept}
             and ${owner === undefined ? '$2::text is null' : 'owner = $2'} order by created_at, id`,
      values: [imageId, owner ?? null],
    });
  }

  /** What a running task is about, for those who look on: no event, and over with the next one that is. */
  async tell(id: string, message: string): Promise<void> {
    await this.database.query({
      name: 'tell-of-task',
      // served by tasks_pkey
      text: `update catalog.tasks set message = $2, updated_at = now() where id = $1 and status = 'processing'`,
      values: [id, message],
    });
  }

  /** Takes away rows that nobody is shown any more; returns how many those were. */
  async removeExpired(limit: number): Promise<number> {
    const rows = await this.database.query({
      name: 'remove-expired-tasks',
      // served by tasks_ended
      text: `delete from catalog.tasks where (id, image_id) in
             (select id, image_id from catalog.tasks where expires_at <= now() order by expires_at limit $1) returning 1`,
      values: [limit],
    });
    return rows.length;
  }
}

type CatalogTaskRow = { -readonly [Name in keyof CatalogTask]: CatalogTask[Name] };
