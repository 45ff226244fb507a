import { RouteTable } from './route-table';

const table = new RouteTable<string>();
for (const template of ['/', '/health', '/api/collections', '/api/collections/{id}', '/docs.html'])
  table.route(template);
table.mount('/static');

const matched = (path: string) => {
  const match = table.match(path);
  return match && [match.route.template, ...match.values];
};

it.each([
  ['/health', ['/health']],
  ['/health\n', ['/health']],
  ['/\n', ['/']],
  ['/api/collections/1', ['/api/collections/{id}', '1']],
  ['/api/collections/1\n', ['/api/collections/{id}', '1\n']],
  ['/api/collections/\n', ['/api/collections/{id}', '\n']],
  ['/api/collections/..', ['/api/collections/{id}', '..']],
  ['/static/', ['/static/', '']],
  ['/static/a/b.css', ['/static/', 'a/b.css']],
  ['/static/a\n', ['/static/', 'a']],
])('%j is a path', (path, expected) => expect(matched(path)).toEqual(expected));

it.each(['', '/Health', '//health', '/health\n\n', '/health\r', '/health/', '/api/collections/', '/api/collections/1/2', '/static', '/docsxhtml', '/a'])(
  '%j is none',
  (path) => expect(matched(path)).toBeUndefined(),
); // prettier-ignore

it.each([
  ['/health/', '/health'],
  ['/health///', '/health'],
  ['/api/collections/1/', '/api/collections/1'],
  ['/static', '/static/'],
  ['/', undefined],
  ['//', undefined],
  ['/nope/', undefined],
  ['/nope', undefined],
])('%s redirects to %s', (path, expected) => expect(table.slashRedirect(path)).toBe(expected));

it('a template is one route, however often it is asked for', () => {
  expect(table.route('/health')).toBe(table.route('/health'));
  expect(
    table
      .all()
      .map(({ template }) => template)
      .sort(),
  ).toEqual([...['/', '/api/collections', '/api/collections/{id}', '/docs.html', '/health', '/static/']]);
});
