import { AccessController } from './access.controller.js';
import { AccessRecorder } from './access-recorder.js';
import { ListAccessesHandler } from './list-accesses.handler.js';

/** The parts of the API that keep and show the access log. */
export const access = {
  controllers: [AccessController],
  handlers: [ListAccessesHandler],
  providers: [AccessRecorder],
};
