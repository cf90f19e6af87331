import { readsWholeLog, type Actor } from '#domain';
import { Fault } from '../http/fault.js';

/** Whose events and accesses somebody may search: all of them, or those of a project. @throws Fault 403 */
export function audienceOf(actor: Actor, what: string): 'everything' | { readonly project: string } {
  if (readsWholeLog(actor)) return 'everything';
  const { projectId: project, roles } = actor;
  if (project === null || !roles.some((role) => role === 'reader' || role === 'member')) {
    throw new Fault(403, `You are not authorized to read ${what}.`);
  }
  return { project };
}
