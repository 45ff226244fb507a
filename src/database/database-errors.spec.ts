import { DatabaseError } from 'pg';
import {
  classify,
  DatabaseUnavailableError,
  isFaultOfOneItem,
  isStalePlan,
  OutcomeUnknownError,
} from './database-errors';

function serverError(code: string, severity = 'ERROR', message = 'words'): DatabaseError {
  return Object.assign(new DatabaseError(message, 0, 'error'), { code, severity });
}

describe('classify', () => {
  it.each(['40001', '40P01', '53100', '53300', '55P03', '57014', '25006', '58030'])(
    'an answer of the server that passes (%s) is unavailability, for reads and writes: the statement was undone',
    (code) => {
      for (const kind of ['read', 'write'] as const) {
        expect(classify(serverError(code), kind)).toBeInstanceOf(DatabaseUnavailableError);
      }
    },
  );

  it.each(['23505', '22003', '42P01', 'XX000'])('any other answer of the server (%s) is itself', (code) => {
    const error = serverError(code);
    expect(classify(error, 'read')).toBe(error);
    expect(classify(error, 'write')).toBe(error);
  });

  it.each([
    serverError('57P01', 'FATAL', 'terminating connection due to administrator command'),
    serverError('57P02', 'PANIC'),
    new Error('Connection terminated unexpectedly'),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    'no error at all',
  ])('a lost connection (%s) leaves a write unknown, and a read to be tried again', (error) => {
    expect(classify(error, 'read')).toBeInstanceOf(DatabaseUnavailableError);
    const write = classify(error, 'write');
    expect(write).toBeInstanceOf(OutcomeUnknownError);
    expect((write as Error).cause).toBe(error);
  });

  it('a statement that was never sent is unavailability, a write too', () => {
    const error = new DatabaseUnavailableError('no connection');
    expect(classify(error, 'write')).toBe(error);
  });
});

it('only errors of values and constraints are the fault of one item', () => {
  expect(['22003', '22P02', '23505', '23514'].map((code) => isFaultOfOneItem(serverError(code)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['40001', '57014', '42P01'].map((code) => isFaultOfOneItem(serverError(code)))).toEqual([false, false, false]);
  expect(isFaultOfOneItem(new Error('23505'))).toBe(false);
});

it('a stale plan is told from other features that are not supported', () => {
  expect(isStalePlan(serverError('0A000', 'ERROR', 'cached plan must not change result type'))).toBe(true);
  expect(isStalePlan(serverError('0A000', 'ERROR', 'cannot use that here'))).toBe(false);
});
