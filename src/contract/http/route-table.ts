/** A route of the contract: one path, and a handler for each of its methods. */
export interface Route<Handler> {
  /** Segments in braces stand for one or more characters other than a slash. */
  readonly template: string;
  readonly methods: Map<string, Handler>;
  /** The value of Allow on 405; undefined sends none. */
  allow: string | undefined;
  /** The names of the segments in braces. */
  readonly parameters: readonly string[];
}

export interface Match<Handler> {
  readonly route: Route<Handler>;
  /** The values of the parameters, in their order in the template; of a mount the path below it. */
  readonly values: readonly string[];
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Finds routes as Starlette 0.27 does: case-sensitive, the whole path, nothing normalised. Its patterns end in `$`,
 * which in Python also matches before one final line feed; in a parameter the line feed belongs to the value.
 */
export class RouteTable<Handler> {
  private readonly exact = new Map<string, Match<Handler>>();
  private readonly patterns: { readonly pattern: RegExp; readonly route: Route<Handler> }[] = [];

  /** The route of this template, made if need be. Of several methods the first to come is the Allow of 405. */
  route(template: string): Route<Handler> {
    const known = this.all().find((route) => route.template === template);
    if (known !== undefined) return known;
    const parameters = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const route: Route<Handler> = { template, methods: new Map(), allow: undefined, parameters };
    if (parameters.length === 0) {
      this.exact.set(template, { route, values: [] });
      this.exact.set(`${template}\n`, { route, values: [] });
    } else {
      const source = template
        .split(/\{\w+\}/)
        .map(escaped)
        .join('([^/]+)');
      this.patterns.push({ pattern: new RegExp(`^${source}$`), route });
    }
    return route;
  }

  /** A folder of paths, such as Starlette's Mount("/static"): `prefix` itself is not one of them. */
  mount(prefix: string): Route<Handler> {
    const route: Route<Handler> = {
      template: `${prefix}/`,
      methods: new Map(),
      allow: undefined,
      parameters: ['path'],
    };
    this.patterns.push({ pattern: new RegExp(`^${escaped(prefix)}/([^\\n]*)\\n?$`), route });
    return route;
  }

  /** The route whose path this is, whatever its methods. */
  match(path: string): Match<Handler> | undefined {
    const exact = this.exact.get(path);
    if (exact !== undefined) return exact;
    for (const { pattern, route } of this.patterns) {
      const found = pattern.exec(path);
      if (found !== null) return { route, values: found.slice(1) };
    }
    return undefined;
  }

  /** The path to redirect to because only its final slashes are in the way. */
  slashRedirect(path: string): string | undefined {
    if (path === '/') return undefined;
    const retried = path.endsWith('/') ? path.replace(/\/+$/, '') : `${path}/`;
    return this.match(retried) === undefined ? undefined : retried;
  }

  /** Every route. */
  all(): Route<Handler>[] {
    const exact = new Set([...this.exact.values()].map(({ route }) => route));
    return [...exact, ...this.patterns.map(({ route }) => route)];
  }
}
