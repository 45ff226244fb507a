import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../journal/journal';
import type { Placement } from '../journal/turn';
import { framedLength } from '../journal/frame';
import { encodeRecord, type JournalRecord } from '../journal/record';
import type { FoundRecord } from '../journal/segments';
import { segmentName } from '../journal/segments';
import { DirectoryDisk } from './directory-disk';
import { SystemClock } from './system-clock';

const SEGMENT_BYTES = 256 << 10;

describe('the journal in a directory', () => {
  let directory: string;
  const journals: Journal[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'order-'));
  });
  afterEach(async () => {
    for (const journal of journals.splice(0)) await journal.close();
    await rm(directory, { recursive: true });
  });

  const newDisk = () => new DirectoryDisk(directory, () => Promise.resolve({ release: () => Promise.resolve() }));

  async function opened(): Promise<{ journal: Journal; found: FoundRecord[] }> {
    const found: FoundRecord[] = [];
    const options = { journal: 'a journal', segmentBytes: SEGMENT_BYTES };
    const journal = await Journal.open(newDisk(), new SystemClock(), options, (one) => void found.push(one));
    journals.push(journal);
    await journal.secured;
    return { journal, found };
  }

  async function close(journal: Journal): Promise<void> {
    journals.splice(journals.indexOf(journal), 1);
    await journal.close();
  }

  function write(place: number, body = `body ${place}`): Placement {
    const route = { resource: 'collections', verb: 'replace', id: place } as const;
    const head = { method: 'PUT', target: `/api/collections/${place}`, headers: ['content-type', 'application/json'] };
    const record = { kind: 'write', place, at: 0, owner: 'blue', next: null, ...route, ...head } as const;
    return { record, body: Buffer.from(body) };
  }

  const outcome = (place: number) =>
    ({
      kind: 'outcomes',
      outcomes: [
        { place, resource: 'collections', verb: 'replace', kind: 'applied', status: 200, id: place, digest: 'digest' },
      ],
    }) as const;

  const places = (found: readonly FoundRecord[]) =>
    found.flatMap(({ record, body }) => (record.kind === 'write' ? [[record.place, body.toString()]] : []));

  it('gives back every write and outcome, over several segments', async () => {
    const { journal } = await opened();
    const expected: [number, string][] = [];
    for (let turn = 0; turn < 40; turn++) {
      const writes = Array.from({ length: 50 }, (_, index) => write(turn * 50 + index + 1, 'x'.repeat(200)));
      await journal.place(writes);
      for (const { record, body } of writes) expected.push([record.place, body.toString()]);
      await Promise.all(writes.map(({ record }) => journal.note(outcome(record.place))));
    }
    await close(journal);
    const again = await opened();
    expect(places(again.found)).toEqual(expected);
    expect(again.found.filter(({ record }) => record.kind === 'outcomes')).toHaveLength(2000);
    expect(again.journal.found.lastPlace).toBe(2000);
    expect((await readdir(directory)).length).toBeGreaterThan(2);
  });

  it('reads writes back in pieces', async () => {
    const { journal } = await opened();
    const positions = await journal.place([write(1), write(2), write(3)]);
    const found = await journal.read(positions.slice(1));
    expect(places(found)).toEqual([
      [2, 'body 2'],
      [3, 'body 3'],
    ]);
  });

  it('takes more buffers than one system call does', async () => {
    const { journal } = await opened();
    const writes = Array.from({ length: 900 }, (_, index) => write(index + 1, 'y'));
    await journal.place(writes);
    await close(journal);
    const again = await opened();
    expect(places(again.found)).toHaveLength(900);
  });

  it('refuses to start over a bit that turned over in the newest segment', async () => {
    const { journal } = await opened();
    const [first] = await journal.place([write(1)]);
    await journal.note(outcome(1));
    await journal.place([write(2)]);
    // No closing in order: a killed process leaves the segment as the newest one.
    await damage(first!.segment, first!.offset + 40);
    await expect(opened()).rejects.toThrow(/is damaged at byte \d+: what was there was safely on the disk/);
  });

  it('leaves away the tail that a power cut has torn', async () => {
    const { journal } = await opened();
    await journal.place([write(1)]);
    const [last] = await journal.place([write(2, 'z'.repeat(5000))]);
    await damage(last!.segment, last!.offset + 3000);
    const again = await opened();
    expect(places(again.found)).toEqual([[1, 'body 1']]);
    expect(again.journal.found.lastPlace).toBe(1);
    // And what is written now is not mixed up with it.
    await again.journal.place([write(2, 'anew')]);
    await close(again.journal);
    const third = await opened();
    expect(places(third.found)).toEqual([
      [1, 'body 1'],
      [2, 'anew'],
    ]);
  });

  it('takes no bytes of a client for a record of its own', async () => {
    const { journal } = await opened();
    await journal.place([write(1)]);
    const forged: JournalRecord = outcome(1);
    const frame = Buffer.alloc(framedLength(encodeRecord(forged).reduce((sum, { length }) => sum + length, 0)));
    frame.write('WCJ1');
    const [last] = await journal.place([write(2, frame.toString('latin1').repeat(3))]);
    await damage(last!.segment, last!.offset + 30);
    const again = await opened();
    expect(places(again.found)).toEqual([[1, 'body 1']]);
  });

  async function damage(segment: number, offset: number): Promise<void> {
    const file = await open(join(directory, segmentName(segment)), 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, offset);
    byte[0]! ^= 1;
    await file.write(byte, 0, 1, offset);
    await file.close();
  }
});
