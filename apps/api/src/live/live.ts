import { LiveBatches } from './live-batches.js';
import { LiveController } from './live.controller.js';
import { LiveLog } from './live-log.js';
import { LiveStreams } from './live-streams.js';

/** The parts of the API that tell what happens while it does. */
export const live = {
  controllers: [LiveController],
  providers: [LiveBatches, LiveLog, LiveStreams],
};
