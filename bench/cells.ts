import { InvalidArgumentError } from 'commander';

/** What is asked for; `mixed` is 80 % get, 10 % create, 10 % update. */
export type Kind = 'get' | 'list' | 'create' | 'update' | 'mixed' | 'analytics' | 'health';

/** One thing to measure: a kind of request, on so many rows, from so many connections at once. */
export interface Cell {
  /** For example `list-1000@32`. */
  readonly name: string;
  readonly kind: Kind;
  readonly rows: number;
  readonly connections: number;
  /** Updates a second that a client of its own sends beside the measured load. */
  readonly writesBeside: number;
  /** Fewest seconds of load, where an answer of the reference takes long: all connections wait for it in turn. */
  readonly leastSeconds: number;
}

const CONNECTIONS = [1, 32, 128];
const WRITES_BESIDE = 50;

// An answer of the reference takes a tenth of a second there: 128 connections wait for many.
const SLOW = ['list-10000', 'analytics-100000', 'analytics-100000-writes'];
const SLOW_SECONDS = 12;

function cell(name: string, kind: Kind, rows: number, connections: number, writesBeside: number): Cell {
  const leastSeconds = SLOW.includes(name) ? SLOW_SECONDS : 1;
  return { name: `${name}@${connections}`, kind, rows, connections, writesBeside, leastSeconds };
}

function across(name: string, kind: Kind, rows: number, writesBeside = 0): Cell[] {
  return CONNECTIONS.map((connections) => cell(name, kind, rows, connections, writesBeside));
}

/** Every cell, in the order of the report. */
export const CELLS: readonly Cell[] = [
  ...across('get', 'get', 1000),
  cell('get-100000', 'get', 100_000, 1, 0),
  ...across('list-100', 'list', 100),
  ...across('list-1000', 'list', 1000),
  ...across('list-1000-writes', 'list', 1000, WRITES_BESIDE),
  ...across('list-10000', 'list', 10_000),
  ...across('create', 'create', 1000),
  ...across('update', 'update', 1000),
  ...across('mixed', 'mixed', 1000),
  ...across('analytics-1000', 'analytics', 1000),
  ...across('analytics-1000-writes', 'analytics', 1000, WRITES_BESIDE),
  ...across('analytics-100000', 'analytics', 100_000),
  ...across('analytics-100000-writes', 'analytics', 100_000, WRITES_BESIDE),
  ...across('health', 'health', 1000),
];

/** The most rows of any cell. */
export const MOST_ROWS = Math.max(...CELLS.map(({ rows }) => rows));

const groupOf = ({ name }: Cell) => name.replace(/@.*/, '');
const QUICK = ['get', 'list-1000', 'list-1000-writes', 'create', 'update', 'mixed', 'analytics-1000', 'health'];

/** The cells of a quick run, a usual one or a full one. */
export function cellsOf(size: 'quick' | 'usual' | 'full'): Cell[] {
  if (size === 'full') return [...CELLS];
  if (size === 'quick') return CELLS.filter((cell) => QUICK.includes(groupOf(cell)) && cell.connections !== 128);
  return CELLS.filter((cell) => !(SLOW.includes(groupOf(cell)) && cell.connections === 128));
}

/** The cells of these names (`get@32`) or groups (`get`). @throws InvalidArgumentError for a name that there is not */
export function cellsNamed(names: readonly string[]): Cell[] {
  const unknown = names.filter((name) => !CELLS.some((cell) => cell.name === name || groupOf(cell) === name));
  if (unknown.length > 0) {
    const groups = [...new Set(CELLS.map(groupOf))].join(', ');
    throw new InvalidArgumentError(
      `there is no cell ${unknown.join(', ')}; there are ${groups}, each also with @1, @32 or @128`,
    );
  }
  return CELLS.filter((cell) => names.includes(cell.name) || names.includes(groupOf(cell)));
}
