import type { Logger } from '#platform';

const pauseMs = 5_000;

/** Logs an error at most every five seconds: a queue that is gone says so at every try. */
export function quietly(logger: Logger, message: string): (error: Error) => void {
  let last = 0;
  return (error) => {
    if (Date.now() - last < pauseMs) return;
    last = Date.now();
    logger.warn({ err: error }, message);
  };
}
