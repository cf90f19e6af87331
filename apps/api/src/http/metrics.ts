import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus scrapes at /metrics. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'vitrine_http_request_duration_seconds',
    help: 'Time from the request line to the last byte of the answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600],
    registers: [this.registry],
  });
  private readonly bytes = new Counter({
    name: 'vitrine_image_bytes_total',
    help: 'Image bytes moved through the API',
    labelNames: ['direction'] as const,
    registers: [this.registry],
  });

  private readonly streams = new Gauge({
    name: 'vitrine_live_streams',
    help: 'Streams of events that are open',
    registers: [this.registry],
  });

  private readonly lostAccesses = new Counter({
    name: 'vitrine_access_log_lost_total',
    help: 'Entries of the access log that were lost, because the database was away for longer than they could wait',
    registers: [this.registry],
  });

  private readonly unsealed = new Gauge({
    name: 'vitrine_log_unsealed_seconds',
    help: 'How long the oldest event has waited that no signed checkpoint covers; 0 when there is none',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'vitrine_' });
  }

  observeRequest(method: string, route: string, status: number, ms: number): void {
    this.requests.observe({ method, route, status }, ms / 1000);
  }

  setLiveStreams(count: number): void {
    this.streams.set(count);
  }

  /** NaN when it is not known */
  setUnsealedSeconds(seconds: number): void {
    this.unsealed.set(seconds);
  }

  countBytes(direction: 'in' | 'out', bytes: bigint): void {
    this.bytes.inc({ direction }, Number(bytes));
  }

  countLostAccesses(entries: number): void {
    this.lostAccesses.inc(entries);
  }
}
