export interface Service {
  stop(): Promise<void>;
}

export interface Running {
  readonly directory: string;
  readonly services: Service[];
}

// Setup and teardown run in one process but may be loaded apart, so what runs is kept where both find it.
const key = Symbol.for('vitrine test services');
const holder = globalThis as typeof globalThis & { [key]?: Running };

export function keep(running: Running): void {
  holder[key] = running;
}

export function kept(): Running {
  return holder[key] ?? { directory: '/nonexistent', services: [] };
}
