import type { WebhookFilter } from '#domain';
import type { ToldEvent } from '../telling/event-view.js';

/** Whether a receiver is told of an event: by its type, and as a search shows it to a project. */
export function isTold({ types, project }: WebhookFilter, { event, owner, member }: ToldEvent): boolean {
  if (types !== null && !types.includes(event.type)) return false;
  return project === null || owner === project || member === project;
}
