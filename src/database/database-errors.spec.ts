import { DatabaseError } from 'pg';
import {
  classify,
  ConnectionLostError,
  DatabaseUnavailableError,
  isFaultOfItems,
  isReadOnly,
  isStale,
  lostUnlessAnswered,
  NotReplicatedError,
  OutcomeUnknownError,
} from './database-errors';

function serverError(code: string, fields: Partial<DatabaseError> = {}): DatabaseError {
  return Object.assign(new DatabaseError('Worte', 0, 'error'), { code, ...fields });
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

  it.each(['26000', '42P05', 'XX000', '42P01', '42704', '42883', '3F000'])(
    'so is what a session says that knows the database as it was (%s)',
    (code) => expect(classify(serverError(code), 'write')).toBeInstanceOf(DatabaseUnavailableError),
  );

  it.each(['23505', '22003', '42501', 'P0001', '42703'])('any other answer of the server (%s) is itself', (code) => {
    const error = serverError(code);
    expect(classify(error, 'read')).toBe(error);
    expect(classify(error, 'write')).toBe(error);
  });

  it('a write that its standby did not confirm is unknown', () => {
    expect(classify(new NotReplicatedError(), 'write')).toBeInstanceOf(OutcomeUnknownError);
  });

  it('a lost connection leaves a write unknown, and a read to be tried again', () => {
    const error = new ConnectionLostError('read ECONNRESET');
    expect(classify(error, 'read')).toBeInstanceOf(DatabaseUnavailableError);
    const write = classify(error, 'write');
    expect(write).toBeInstanceOf(OutcomeUnknownError);
    expect((write as Error).cause).toBe(error);
  });

  it.each([new DatabaseUnavailableError('no connection'), new RangeError('Invalid string length'), 'no error at all'])(
    'what was never sent is itself (%s), for a write too',
    (error) => expect(classify(error, 'write')).toBe(error),
  );
});

it('what a driver says is an answer of the server, or the loss of the connection', () => {
  const answer = serverError('22003');
  expect(lostUnlessAnswered(answer)).toBe(answer);
  expect(lostUnlessAnswered(new Error('Connection terminated'))).toEqual(
    new ConnectionLostError('Connection terminated'),
  );
});

it('every answer that does not pass may be the fault of one item, and nothing else', () => {
  for (const code of ['22003', '23514', 'P0001', '42501', '54000'])
    expect(isFaultOfItems(serverError(code))).toBe(true);
  for (const error of [new ConnectionLostError(), new DatabaseUnavailableError(), new TypeError('23505')]) {
    expect(isFaultOfItems(error)).toBe(false);
  }
});

it('a stale plan is told from other features that are not supported, in any language', () => {
  expect(isStale(serverError('0A000', { routine: 'RevalidateCachedQuery' }))).toBe(true);
  expect(isStale(serverError('0A000', { routine: 'transformStmt' }))).toBe(false);
});

it('what the text of a foreign function names is missing for every session', () => {
  expect(isStale(serverError('42883'))).toBe(true);
  expect(isStale(serverError('42883', { internalQuery: 'missing()' }))).toBe(false);
});

it('a session that refuses writes is told by its code', () => {
  expect(isReadOnly(serverError('25006'))).toBe(true);
  expect(isReadOnly(serverError('25P02'))).toBe(false);
});
