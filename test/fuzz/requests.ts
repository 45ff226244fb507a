import type { RecordedRequest, RequestHeader } from '../../src/recordings/exchange';
import { type BodyStyle, mutatedText, objectText, otherText, tooDeepToEcho } from './bodies';
import { chunked, encoded } from './encodings';
import { anyMethod, contentType, host, originHeaders, otherHeaders, preflightHeaders } from './heads';
import { oddHead } from './malformed';
import type { Random } from './random';
import { anyTarget, fixedTarget, idSegment } from './targets';
import type { Resource } from './values/fields';

/** A request of a generated sequence; `kind` is the family it is counted under. */
export interface FuzzRequest {
  kind: string;
  request: RecordedRequest;
}

const JSON_TYPE: RequestHeader = ['content-type', 'application/json'];

/** Makes the requests of one sequence, keeping count of the collections that probably exist. */
export class RequestMaker {
  private created = 0;

  constructor(private readonly random: Random) {}

  /** A create, read, replace, delete, list or sum of the ordinary kind; most of them succeed. */
  ordinary(): FuzzRequest {
    const { random } = this;
    return random.weighted(
      [this.created < 3 ? 60 : 22, () => this.create('collections', 'plain', 'create')],
      [8, () => this.create('locations', 'plain', 'create')],
      [12, () => this.list()],
      [12, () => this.analytics()],
      [12, () => this.byId('GET', 'read')],
      [14, () => this.replace('plain', 'replace')],
      [8, () => this.byId('DELETE', 'delete')],
      [2, () => fuzz('health', 'GET', '/health')],
    );
  }

  list(): FuzzRequest {
    return fuzz('list', 'GET', this.random.chance(75) ? '/api/collections' : '/api/locations');
  }

  analytics(): FuzzRequest {
    return fuzz('analytics', 'GET', '/api/analytics');
  }

  /** A write whose fields hold odd values: the heart of the comparison of validation and rendering. */
  fields(): FuzzRequest {
    return this.random.weighted(
      [55, () => this.create('collections', 'odd', 'fields')],
      [25, () => this.create('locations', 'odd', 'fields')],
      [20, () => this.replace('odd', 'fields')],
    );
  }

  /** A write whose body is injured, oddly encoded, of another type, chunked, or no object. */
  body(): FuzzRequest {
    const { random } = this;
    const resource = this.resource();
    const object = () => objectText(random, resource, random.chance(70) ? 'plain' : 'odd');
    return random.weighted(
      [40, () => this.write('syntax', resource, [JSON_TYPE], Buffer.from(mutatedText(random, object())))],
      [20, () => this.write('encoding', resource, [JSON_TYPE], encoded(random, object()))],
      [15, () => this.write('content-type', resource, this.typeHeaders(), this.typedBody(object()))],
      [15, () => this.write('other-body', resource, [JSON_TYPE], Buffer.from(otherText(random)))],
      [5, () => this.write('chunked', resource, [JSON_TYPE, ['transfer-encoding', 'chunked']], chunked(random, Buffer.from(object())))],
      [5, () => this.write('no-body', resource, random.chance(50) ? [JSON_TYPE] : [], random.chance(50) ? null : Buffer.alloc(0))],
    ); // prettier-ignore
  }

  /** Any path in any spelling, with an ordinary method. */
  path(): FuzzRequest {
    const { random } = this;
    const method = random.weighted(
      [60, () => 'GET'],
      [40, () => random.pick(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])],
    );
    const headers = random.chance(25) ? otherHeaders(random) : [];
    if (random.chance(10)) headers.push(host(random));
    return this.aimed('path', method, anyTarget(random, this.created), headers);
  }

  /** Any method on a known or unknown path. */
  method(): FuzzRequest {
    const { random } = this;
    const target = random.chance(70) ? fixedTarget(random) : anyTarget(random, this.created);
    return this.aimed('method', anyMethod(random), target, random.chance(20) ? originHeaders(random) : []);
  }

  /** A head or framing at the border of what an HTTP parser takes, or a head without Host. */
  head(): FuzzRequest {
    const { random } = this;
    if (random.chance(5)) {
      return fuzz('no-host', 'GET', random.pick(['/health', '/api/collections/', '/nope']), [['host', null]]);
    }
    const { headers, body } = oddHead(random);
    const method = body === null ? 'GET' : random.pick(['POST', 'POST', 'PUT', 'GET', 'DELETE']);
    const target = method === 'POST' ? `/api/${this.resource()}` : anyTarget(random, this.created);
    return fuzz('malformed', method, target, headers, body);
  }

  /** A cross-origin request, simple or preflight. */
  cors(): FuzzRequest {
    const { random } = this;
    const target = anyTarget(random, this.created);
    if (random.chance(50))
      return this.aimed('preflight', random.chance(92) ? 'OPTIONS' : 'GET', target, preflightHeaders(random));
    const inner = random.weighted(
      [5, () => this.ordinary()],
      [2, () => this.fields()],
      [2, () => this.body()],
      [1, () => this.path()],
    );
    return {
      kind: 'cors',
      request: { ...inner.request, headers: [...inner.request.headers, ...originHeaders(random)] },
    };
  }

  /** An exchange that is meant to be answered otherwise, see docs/divergences.md. */
  divergent(): FuzzRequest {
    const { random } = this;
    return random.weighted(
      [60, () => this.create('collections', 'divergent', 'divergent')],
      [25, () => this.create('locations', 'divergent', 'divergent')],
      [15, () => this.replace('divergent', 'divergent')],
      [3, () => this.write('divergent', 'collections', [JSON_TYPE], Buffer.from(tooDeepToEcho(random)))],
      [
        3,
        () => this.write('divergent', 'locations', [['content-type', 'text/plain']], Buffer.from([0x61, 0xff, 0x62])),
      ],
      [2, () => fuzz('divergent', 'GET', random.pick(['/static/%00', '/static/a%00b']))],
      [6, () => this.analytics()],
    );
  }

  private create(resource: Resource, style: BodyStyle, kind: string): FuzzRequest {
    const text = objectText(this.random, resource, style);
    return this.write(kind, resource, [JSON_TYPE], Buffer.from(text), 'POST');
  }

  private replace(style: BodyStyle, kind: string): FuzzRequest {
    const text = objectText(this.random, 'collections', style);
    const target = `/api/collections/${idSegment(this.random, this.created)}`;
    return fuzz(kind, 'PUT', target, [JSON_TYPE], Buffer.from(text));
  }

  private byId(method: string, kind: string): FuzzRequest {
    return fuzz(kind, method, `/api/collections/${idSegment(this.random, this.created)}`);
  }

  private write(
    kind: string,
    resource: Resource,
    headers: RequestHeader[],
    body: Buffer | null,
    method?: 'POST',
  ): FuzzRequest {
    const put = method === undefined && resource === 'collections' && this.random.chance(25);
    if (put) return fuzz(kind, 'PUT', `/api/collections/${idSegment(this.random, this.created)}`, headers, body);
    if (resource === 'collections') this.created++;
    return fuzz(kind, 'POST', `/api/${resource}`, headers, body);
  }

  /** A request for a target of any kind; methods that may carry a body get one now and then. */
  private aimed(kind: string, method: string, target: string, headers: RequestHeader[]): FuzzRequest {
    const { random } = this;
    const body = random.chance(method === 'POST' || method === 'PUT' ? 70 : 8)
      ? Buffer.from(objectText(random, this.resource(), random.chance(80) ? 'plain' : 'odd'))
      : null;
    return fuzz(kind, method, target, body === null ? headers : [JSON_TYPE, ...headers], body);
  }

  private resource(): Resource {
    return this.random.chance(65) ? 'collections' : 'locations';
  }

  private typeHeaders(): RequestHeader[] {
    const types = this.random.many(this.random.chance(12) ? 2 : 1, () => contentType(this.random));
    return types
      .filter((type) => type !== undefined)
      .map((type) => [this.random.pick(['content-type', 'Content-Type']), type]);
  }

  private typedBody(object: string): Buffer {
    const { random } = this;
    return Buffer.from(random.weighted([70, () => object], [20, () => otherText(random)], [10, () => 'a=b&c=d'])); // prettier-ignore
  }
}

function fuzz(
  kind: string,
  method: string,
  target: string,
  headers: RequestHeader[] = [],
  body: Buffer | null = null,
): FuzzRequest {
  return { kind, request: { method, target, headers, ...recordedBody(body) } };
}

/** The body in the form of recordings: text where it is UTF-8. */
export function recordedBody(body: Buffer | null): { body: string | null } | { body_b64: string } {
  if (body === null) return { body: null };
  const text = body.toString('utf8');
  return Buffer.from(text, 'utf8').equals(body) ? { body: text } : { body_b64: body.toString('base64') };
}
