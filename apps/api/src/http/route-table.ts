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

  methodsOf(url: string): string[] {
    const path = url.replace(/\?.*$/s, '');
    const matching = [...this.routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

function patternOf(path: string): RegExp {
  const segments = path
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${segments.join('/')}/?$`);
}
