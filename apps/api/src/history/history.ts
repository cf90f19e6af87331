import { EventViews } from './event-views.js';
import { HistoryController } from './history.controller.js';
import { ListEventsHandler } from './list-events.handler.js';
import { ListPastImagesHandler } from './list-past-images.handler.js';
import { Moments } from './moments.js';
import { ShowDifferenceHandler } from './show-difference.handler.js';
import { ShowHistoryHandler } from './show-history.handler.js';
import { ShowPastImageHandler } from './show-past-image.handler.js';

/** The parts of the API that look at the log. */
export const history = {
  controllers: [HistoryController],
  handlers: [ListEventsHandler, ListPastImagesHandler, ShowDifferenceHandler, ShowHistoryHandler, ShowPastImageHandler],
  providers: [EventViews, Moments],
};
