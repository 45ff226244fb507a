import { resolve } from 'node:path';
import { startRecordedServer, type Answering } from '../../test/recordings/recorded-server';
import { sequencesOf, type Exchange } from './exchange';
import { readRecordings, recordingLine } from './files';
import { requestBytes } from './raw-http';
import { record } from './record';
import { replay, type ReplayReport } from './replay';
import { reportJson, reportText } from './report';

const RECORDINGS = resolve(__dirname, '../../test/contract/recordings');

let all: Exchange[];
let life: Exchange[];
beforeAll(async () => {
  all = await readRecordings([RECORDINGS]);
  life = all.filter(({ seq }) => seq === 'crud/life');
});

/** Replays one sequence against a server that alters what it sends. */
async function replayAgainst(answering?: Answering, exchanges = life): Promise<ReplayReport> {
  const server = await startRecordedServer(exchanges, answering);
  const report = await replay(sequencesOf(exchanges), {
    target: server.target,
    timeouts: { connect: 1000, answer: 500 },
  });
  await server.close();
  return report;
}

/** Alters the second answer's text, latin-1. */
function altering(alter: (answer: string) => string): Answering {
  return (answer, socket, { n }) =>
    socket.end(n === 2 ? Buffer.from(alter(answer.toString('latin1')), 'latin1') : answer);
}

it('finds nothing in the answers of a server that answers as recorded, and sends every byte as recorded', async () => {
  const server = await startRecordedServer(all);
  const report = await replay(sequencesOf(all), { target: server.target });
  await server.close();
  expect(report.differing).toEqual([]);
  expect(report.categories.size).toBe(14);
  const altered = all.filter(({ request }, index) => !server.received[index]?.equals(requestBytes(request)));
  expect(altered).toEqual([]);
});

it('records such a server as it was recorded before', async () => {
  const server = await startRecordedServer(all);
  const recorded = await record(sequencesOf(all), { target: server.target });
  await server.close();
  const lines = all.map(({ reason: _, ...exchange }) => recordingLine(exchange));
  expect(recorded.map(recordingLine).filter((line, index) => line !== lines[index])).toEqual([]);
  expect(recorded).toHaveLength(all.length);
});

it.each([
  ['one changed byte', (answer: string) => answer.replace('"total_collections":0', '"total_collections":1'), 'body'],
  ['one extra header', (answer: string) => answer.replace('\r\n', '\r\nX-Powered-By: Express\r\n'), 'x-powered-by'],
  ['a missing header', (answer: string) => answer.replace(/content-type:.*\r\n/i, ''), 'content-type'],
  ['a missing content-length', (answer: string) => answer.replace(/content-length:.*\r\n/i, ''), 'content-length'],
  [
    'a wrong content-length',
    (answer: string) => answer.replace(/(content-length: )\d+/i, '$1' + '7'),
    'content-length',
  ],
  ['a wrong status', (answer: string) => answer.replace('200', '201'), 'status'],
  ['no answer', () => '', 'answer'],
])('notices %s', async (_, alter, place) => {
  const report = await replayAgainst(altering(alter));
  expect(report.differing).toHaveLength(1);
  expect(report.differing[0]).toMatchObject({ exchange: { seq: 'crud/life', n: 2 }, expected: false });
  const found = report.differing[0]!.differences.map(({ aspect, header }) => header ?? aspect);
  expect(found).toContain(place);
});

it('goes on after a difference, and reports it readably', async () => {
  const report = await replayAgainst(altering((answer) => answer.replace(':0,"pending', ':9,"pending')));
  expect(report.categories.get('crud')).toMatchObject({ exchanges: life.length, differing: 1, expected: 0 });
  const text = reportText(report, 10);
  expect(text).toContain('crud/life 2: GET "/api/analytics"');
  expect(text).toContain('body (first differing byte: 21)');
  expect(text).toMatch(/expected "\{\\"total_collections\\":0,/);
  expect(text).toMatch(new RegExp(`^crud +${life.length} +1 +0$`, 'm'));
  expect(reportText(report, 0)).toContain('… and 1 more');
  expect(JSON.parse(reportJson(report, 'here'))).toMatchObject({
    target: 'here',
    categories: { crud: { differing: 1 } },
    differing: [{ seq: 'crud/life', n: 2, differences: [{ aspect: 'body', at: 21 }] }],
  });
});

it('counts apart what is known to differ: what is listed, and recorded defects', async () => {
  const divergent = all.filter(({ seq }) => seq === 'divergent/bodies-non-object-02-1');
  const server = await startRecordedServer(
    divergent,
    altering((answer) => answer.replace('500', '422')),
  );
  const sequences = sequencesOf(divergent);
  const known = await replay(sequences, {
    target: server.target,
    expectDifferent: new Set([`${divergent[0]!.seq} 1`]),
  });
  await server.close();
  expect(known.categories.get('divergent')).toEqual({ exchanges: 3, differing: 0, expected: 1, unexpectedlyAlike: 1 });
  expect(known.differing).toMatchObject([{ expected: true, exchange: { n: 2 } }]);
});

it('empties the store before each sequence, and says whether every request was answered', async () => {
  const two = all.filter(({ seq }) => seq === 'crud/life' || seq.startsWith('openapi/'));
  const calls: boolean[] = [];
  const server = await startRecordedServer(two, (answer, socket, { seq, n }) =>
    socket.end(seq === 'crud/life' && n === 1 ? '' : answer),
  );
  const reset = (settled: boolean): Promise<void> => Promise.resolve(void calls.push(settled));
  await replay(sequencesOf(two), { target: server.target, reset });
  await server.close();
  expect(calls).toEqual([true, false, true, true, true]);
});

it('is interrupted when the server goes away', async () => {
  const server = await startRecordedServer(life);
  let closed: Promise<void> | undefined;
  const report = await replay(sequencesOf(life), {
    target: server.target,
    onProgress: () => void (closed ??= server.close()),
  });
  expect(report.interrupted).toMatch(/cannot be reached: ECONNREFUSED \(after 1 exchanges\)/);
  await closed;
});
