import pg from 'pg';

/**
 * A connection of a pool whose loss does not end the process. A pool listens to idle ones only; one that is lost in the moment
 * in which it changes hands has nobody who hears it. What was under way on it fails all the same.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
