import { aCollection, aLocation } from '../../../harness/samples';
import { expectedRow } from './expected-row';

const row = (resource: 'collections' | 'locations', body: unknown) =>
  expectedRow(resource, 7, {
    headers: ['Content-Type', 'application/json'],
    body: Buffer.from(JSON.stringify(body)),
  })?.toString();

it('renders what a create leaves, as both sides do', () => {
  expect(row('collections', aCollection({ id: 99, quantity: '1e3', status: undefined }))).toBe(
    '{"id":7,"location":"Depot","waste_type":"paper","quantity":1000.0,"unit":"kg","collected_date":"2024-01-15T10:30:00","status":"pending"}',
  );
  expect(row('locations', aLocation())).toBe(
    '{"id":7,"name":"North","address":"Main Street 1","latitude":52.5,"longitude":13.25,"zone":"A"}',
  );
});

it('renders what only the untyped old server takes', () => {
  expect(row('collections', aCollection({ waste_type: 'cardboard' }))).toContain('"waste_type":"cardboard"');
});

it('knows of a row that the old server stores and cannot render', () => {
  const body = (fields: Record<string, unknown>) =>
    Buffer.from(JSON.stringify(aCollection(fields)).replace('0.5', 'NaN'));
  const of = (fields: Record<string, unknown>) =>
    expectedRow('collections', 7, { headers: ['Content-Type', 'application/json'], body: body(fields) });
  expect(of({ quantity: 0.5 })).toEqual(Buffer.alloc(0));
  expect(of({ quantity: 0.5, waste_type: 'cardboard' })).toEqual(Buffer.alloc(0));
  expect(of({ id: 0.5 })).toBeUndefined();
});

it('knows no row for a body that every side refuses', () => {
  expect(row('collections', { location: 1 })).toBeUndefined();
});
