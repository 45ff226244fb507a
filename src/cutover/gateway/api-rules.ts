import type { Answer, Request } from '../order/nouns';
import type { Rules } from '../order/ports';
import { expectedRow } from '../traffic/expected-row';
import { digestOf } from '../traffic/raw-message';
import { collectionPath, listPath } from '../traffic/resource';
import { idOfRow } from '../traffic/rows';

const HOST = ['Host', 'gateway'];
const NOTHING = Buffer.alloc(0);

/** A row whose only purpose is to use up an id: both sides take it. */
const PLACEHOLDER = {
  collections: Buffer.from(
    '{"location":"","waste_type":"paper","quantity":0,"unit":"kg","collected_date":"2000-01-01T00:00:00"}',
  ),
  locations: Buffer.from('{"name":"","address":"","latitude":0,"longitude":0,"zone":""}'),
} as const;

/** What the order has to know of this API: its rows, and the requests that make them. */
export const API_RULES: Rules = {
  idOf: ({ body }: Answer) => idOfRow(body),
  expectedRow,
  requestFor: (verb, resource, id, row): Request => {
    if (verb === 'delete') return { method: 'DELETE', target: collectionPath(id), headers: HOST, body: NOTHING };
    const body = row ?? PLACEHOLDER[resource];
    const headers = [...HOST, 'Content-Type', 'application/json', 'Content-Length', String(body.length)];
    const target = verb === 'create' ? listPath(resource) : `${listPath(resource)}/${id}`;
    return { method: verb === 'create' ? 'POST' : 'PUT', target, headers, body };
  },
  digestOf,
};
