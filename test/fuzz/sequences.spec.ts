import { requestBytes } from '../../src/recordings/raw-http';
import { decodedPath } from './compare';
import { makeSequence } from './sequences';

const wire = (seed: number, number: number): string[] =>
  makeSequence(seed, number).requests.map(({ request }) => requestBytes(request).toString('latin1'));

describe('generated sequences', () => {
  it('are the same for the same seed and number', () => {
    for (const number of [0, 1, 77]) expect(wire(42, number)).toEqual(wire(42, number));
  });

  it('differ from seed to seed and from number to number', () => {
    expect(wire(1, 0)).not.toEqual(wire(2, 0));
    expect(wire(1, 0)).not.toEqual(wire(1, 1));
    expect(wire(2 ** 32, 0)).not.toEqual(wire(0, 0));
  });

  it('hold only heads of latin-1, as recordings demand', () => {
    for (let number = 0; number < 300; number++) {
      for (const { kind, request } of makeSequence(7, number).requests) {
        const head = [request.method, request.target, ...request.headers.flat()].join('');
        expect(head).not.toMatch(/[^\u0000-\u00ff]/);
        // A line end would start another header, and no answer would mean anything.
        if (kind !== 'malformed') expect(head).not.toMatch(/[\r\n]/);
      }
    }
  });

  it('cover every method, route and kind', () => {
    const kinds = new Map<string, number>();
    const targets = new Set<string>();
    for (let number = 0; number < 500; number++) {
      for (const { kind, request } of makeSequence(3, number).requests) {
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        targets.add(`${request.method} ${decodedPath(request.target).replace(/\d+/g, '1')}`);
      }
    }
    const routes = [
      'POST /api/collections',
      'PUT /api/collections/1',
      'DELETE /api/collections/1',
      'GET /docs',
      'HEAD /openapi.json',
    ];
    for (const route of [...routes, 'GET /static/js/app.js', 'POST /api/locations', 'GET /health'])
      expect(targets).toContain(route);
    expect([...kinds.keys()].sort()).toEqual(
      'analytics chunked content-type cors create delete divergent encoding fields health list malformed method no-body no-host other-body path preflight read replace syntax'.split(
        ' ',
      ),
    );
  });
});
