import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryDisk } from '../../order/disk/directory-disk';
import type { Evidence } from '../../order/ports';
import { EvidenceFile } from './evidence-file';
import { KeptFacts } from './gateway-facts';

const SIDES = { blue: 'a:1', green: 'b:1' };
const WITNESS = { witnessed: (place: number) => ({ request: { place } }), forget: () => undefined };

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'evidence-'))));
afterEach(() => rm(directory, { recursive: true }));

async function open(): Promise<{ evidence: EvidenceFile; facts: KeptFacts }> {
  const disk = new DirectoryDisk(directory, () => Promise.resolve({ release: () => Promise.resolve() }));
  const { facts } = await KeptFacts.open(disk, SIDES);
  return { evidence: await EvidenceFile.open(directory, facts, WITNESS), facts };
}

const piece = (place: number, more: Partial<Evidence> = {}): Evidence => ({
  ...{ kind: 'refused', place, resource: 'collections', id: place, explanation: 'green refuses it.', more: 'blue' },
  ...more,
});

const lines = async () => (await readFile(join(directory, 'divergent.jsonl'), 'utf8')).split('\n').filter(Boolean);

test('a line that a crash has cut off keeps no gateway from starting, and the next one is whole', async () => {
  await (await open()).evidence.add(piece(1));
  await appendFile(join(directory, 'divergent.jsonl'), '{"kind":"refu');
  const { evidence } = await open();
  expect(evidence.count).toBe(1);
  await evidence.add(piece(2));
  expect((await lines()).map((line) => (JSON.parse(line) as { place: number }).place)).toEqual([1, 2]);
});

test('a piece that a restart finds again counts once, and shows what the client sent', async () => {
  await (await open()).evidence.add(piece(7));
  const { evidence } = await open();
  await evidence.add(piece(7));
  expect(evidence.count).toBe(1);
  const [line = ''] = await lines();
  expect(JSON.parse(line)).toMatchObject({ kind: 'refused', place: 7, request: { place: 7 } });
});

test('what follows from a row that one side lacks is no further piece', async () => {
  const { evidence } = await open();
  await evidence.add(piece(1, { id: 5 }));
  await evidence.add(piece(2, { id: 5, explanation: 'blue applied what green refuses with 404.' }));
  await evidence.add(piece(3, { id: 6, kind: 'different', more: null }));
  expect(evidence.count).toBe(2);
  expect(evidence.oneSided).toEqual({ blue: 1, green: 0 });
});

test('what was accepted is accepted after a restart, and nothing is once the sides were made equal', async () => {
  const first = await open();
  await first.evidence.add(piece(1));
  await first.evidence.add(piece(2));
  await first.facts.update({ accepted: 2 });
  const { evidence } = await open();
  expect(evidence.unaccepted).toBe(0);
  evidence.leaveOut(3);
  await evidence.archive();
  await evidence.add(piece(9));
  expect([evidence.count, evidence.unaccepted, evidence.oneSided]).toEqual([1, 1, { blue: 4, green: 0 }]);
  expect((await readdir(directory)).filter((name) => name.startsWith('divergent-before-'))).toHaveLength(1);
  expect((await open()).evidence.unaccepted).toBe(1);
});
