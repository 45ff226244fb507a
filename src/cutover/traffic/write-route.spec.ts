import { routeRequest } from './write-route';

it.each([
  ['POST', '/api/collections', { resource: 'collections', verb: 'create', id: null }],
  ['POST', '/api%2Fcollections?x=1', { resource: 'collections', verb: 'create', id: null }],
  ['POST', 'http://other/api/locations', { resource: 'locations', verb: 'create', id: null }],
  ['PUT', '/api/collections/%2B1', { resource: 'collections', verb: 'replace', id: 1 }],
  ['DELETE', '/api/collections/007', { resource: 'collections', verb: 'delete', id: 7 }],
  ['DELETE', '/api/collections/abc', { resource: 'collections', verb: 'delete', id: null }],
  ['DELETE', '/api/collections/99999999999999999999', { resource: 'collections', verb: 'delete', id: null }],
])('%s %s is a write', (method, target, write) => {
  expect(routeRequest(method, target).write).toEqual(write);
});

it.each([
  ['GET', '/api/collections', '/api/collections'],
  ['GET', '/api/collections/1', '/api/collections/{collection_id}'],
  ['POST', '/api/collections/', '(other)'],
  ['PATCH', '/api/collections/1', '/api/collections/{collection_id}'],
  ['DELETE', '/api/locations', '/api/locations'],
  ['GET', '/static/css/styles.css', '/static/'],
  ['GET', '/nope', '(other)'],
])('%s %s changes nothing', (method, target, route) => {
  expect(routeRequest(method, target)).toEqual({ route, write: undefined });
});
