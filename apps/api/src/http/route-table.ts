import { Injectable } from '@nestjs/common';

/** Which methods each path takes, learned while the routes are made; answers what a 405 has to allow. */
@Injectable()
export class RouteTable {
  private readonly routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  add(method: string, path: string): void {
    const route = this.routes.get(path) ?? { pattern: patternOf(path), methods: new Set<string>() };
    route.methods.add(method);
    this.routes.set(path, route);
  }

  /** Whether any path begins as this one does. */
  knowsFirstSegmentOf(url: string): boolean {
    const first = firstSegment(url);
    return [...this.routes.keys()].some((path) => firstSegment(path) === first);
  }

  methodsOf(url: string): string[] {
    const path = url.replace(/\?.*$/s, '');
    const matching = [...this.routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

const firstSegment = (url: string) => /^\/([^/?]*)/.exec(url)?.[1];

function patternOf(path: string): RegExp {
  const segments = path
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${segments.join('/')}/?$`);
}
