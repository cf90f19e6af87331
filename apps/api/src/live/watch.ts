import type { ToldEvent } from '#catalog';
import type { Bell } from './bell.js';
import { messageText, type EventStream } from './event-stream.js';
import type { LiveLog } from './live-log.js';

/** Events of the past, and the position up to which these are all. */
export interface Past {
  readonly events: readonly ToldEvent[];
  readonly upTo: bigint;
}

/** What one stream is about. */
export interface Watched {
  /** The next events after a position, from the tables. */
  past(after: bigint): Promise<Past>;
  wants(told: ToldEvent): boolean;
  message(told: ToldEvent): string;
  /** What is to be said beside events, once all up to the position were told; `isEnd`: and that is all. */
  news?(position: bigint): { readonly text: string; readonly isEnd: boolean } | undefined;
}

export interface Watch {
  readonly stream: EventStream;
  readonly watched: Watched;
  /** position after which it begins */
  readonly from: bigint;
  readonly bell: Bell;
  /** until the reader goes, or the process */
  readonly signal: AbortSignal;
  /** Whether the reader may go on; until when that is sure (milliseconds since 1970). @throws when not */
  readonly check: () => Promise<number>;
}

const beatMs = 15_000;
/** characters that are sent at once */
const mostText = 64 << 10;

/**
 * Tells a reader what he watches, in order, each event once, at his pace: he is told more when he has taken what came
 * before. Ends when there is no more to come. @throws what `check` and the tables throw
 */
export async function runWatch({ stream, watched, from, bell, signal, check }: Watch, log: LiveLog): Promise<void> {
  let position = from;
  // Whoever is cut off before his first event goes on from here.
  await stream.send(messageText({ id: position.toString() }));
  let due = Math.min(await check(), Date.now() + beatMs);
  while (!signal.aborted) {
    if (Date.now() >= due) {
      const sureUntil = await check();
      await stream.send(`: still here\n${messageText({ id: position.toString() })}`);
      due = Math.min(sureUntil, Date.now() + beatMs);
    }
    const near = log.after(position);
    const { events, upTo } = near === undefined ? await watched.past(position) : { events: near, upTo: undefined };
    const chunk = chunkOf(events, watched);
    if (chunk.text !== '') await stream.send(chunk.text);
    const reached = (chunk.isAll ? upTo : undefined) ?? chunk.last ?? position;
    const hasMoved = reached > position;
    position = reached;
    if (hasMoved) continue;

    const news = watched.news?.(position);
    if (news) await stream.send(news.text);
    if (news?.isEnd) return;
    if (!news) await bell.wait(due - Date.now());
  }
}

/** The first events as one text, as many as go into it. */
function chunkOf(events: readonly ToldEvent[], watched: Watched) {
  let text = '';
  let last: bigint | undefined;
  for (const told of events) {
    if (text.length >= mostText) return { text, last, isAll: false };
    if (watched.wants(told)) text += watched.message(told);
    last = told.event.position;
  }
  return { text, last, isAll: true };
}
