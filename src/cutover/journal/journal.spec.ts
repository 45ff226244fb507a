import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from './journal';
import { JournalError } from './journal-error';
import { decodeRecord, encodeRecord, type WriteRecord } from './record';
import type { FoundRecord } from './segments';

function aWrite(place: number): WriteRecord {
  return {
    kind: 'write',
    place,
    at: 0,
    owner: 'blue',
    resource: 'collections',
    verb: 'create',
    id: null,
    next: { atLeast: 7, exact: true },
    method: 'POST',
    target: '/api/collections',
    headers: ['Host', 'a\u00e9'],
  };
}

// Every cut is synced several times, which takes long on a busy disk.
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function reopen(at = directory, segmentBytes?: number): Promise<{ journal: Journal; found: FoundRecord[] }> {
  const found: FoundRecord[] = [];
  const options = segmentBytes === undefined ? {} : { segmentBytes };
  const journal = await Journal.open(at, (record) => found.push(record), options);
  return { journal, found };
}

describe('a record', () => {
  it('is read back as it was written, bytes of the body included', () => {
    const body = Buffer.from([0, 255, 10, 13]);
    const bytes = encodeRecord(aWrite(7), body);
    const read = decodeRecord(bytes, 0);
    expect(read?.record).toEqual({ head: aWrite(7), body });
    expect(read?.length).toBe(bytes.length);
  });

  it('that is cut off at any byte is none', () => {
    const bytes = encodeRecord(aWrite(7), Buffer.from('body'));
    for (let length = 0; length < bytes.length; length++)
      expect(decodeRecord(bytes.subarray(0, length), 0)).toBeUndefined();
  });

  it('with any bit turned over is none', () => {
    const bytes = encodeRecord(aWrite(7), Buffer.from('body'));
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      expect(decodeRecord(damaged, 0)).toBeUndefined();
    }
  });

  it('of zeros, as a file system may leave them, is none', () => {
    expect(decodeRecord(Buffer.alloc(100), 0)).toBeUndefined();
  });
});

describe('the journal', () => {
  it('gives back after a restart what was appended, and reads by position', async () => {
    const { journal } = await reopen();
    const position = journal.append(aWrite(1), Buffer.from('one'));
    journal.append({ kind: 'answered', place: 1, outcome: 'applied', status: 200, id: 1, digest: 'd' });
    await journal.synced();
    expect((await journal.read(position)).body.toString()).toBe('one');
    await journal.close();
    const { journal: again, found } = await reopen();
    expect(found.map(({ head }) => head.kind)).toEqual(['write', 'answered']);
    expect(found[0]!.position).toEqual(position);
    await again.close();
  });

  it('cut at any byte of its last record loses that record only, and goes on', async () => {
    const { journal } = await reopen();
    journal.append(aWrite(1), Buffer.from('one'));
    const { offset, length } = journal.append(aWrite(2), Buffer.from('two'));
    await journal.close();
    const [segment = ''] = (await readdir(directory)).filter((name) => name.endsWith('.journal'));
    for (let cut = offset; cut < offset + length; cut++) {
      const torn = join(directory, `cut-${cut}`);
      await mkdir(torn);
      await copyFile(join(directory, segment), join(torn, segment));
      await truncate(join(torn, segment), cut);
      const opened = await reopen(torn);
      expect(opened.found.map(({ head }) => head.place)).toEqual([1]);
      opened.journal.append(aWrite(2), Buffer.from('again'));
      await opened.journal.close();
      const after = await reopen(torn);
      expect(after.found.map(({ body }) => body.toString())).toEqual(['one', 'again']);
      await after.journal.close();
    }
  });

  it('keeps what it cuts away', async () => {
    const { journal } = await reopen();
    const { length } = journal.append(aWrite(1));
    await journal.close();
    const [segment = ''] = (await readdir(directory)).filter((name) => name.endsWith('.journal'));
    await writeFile(join(directory, segment), 'garbage', { flag: 'a' });
    await (await reopen()).journal.close();
    expect(await readFile(join(directory, `torn-1-${length}.bin`), 'utf8')).toBe('garbage');
  });

  it('begins new segments, reads across them, and drops those that are not needed', async () => {
    const { journal } = await reopen(directory, 600);
    for (let place = 1; place <= 10; place++) {
      journal.rotate(place);
      journal.append(aWrite(place), Buffer.alloc(100));
    }
    await journal.synced();
    expect(journal.segmentCount).toBeGreaterThan(2);
    await journal.dropBefore(6);
    await journal.close();
    const { journal: again, found } = await reopen();
    const places = found.map(({ head }) => head.place);
    expect(places.at(-1)).toBe(10);
    expect(places[0]).toBeGreaterThan(1);
    expect(places[0]).toBeLessThanOrEqual(6);
    await again.close();
  });

  it('refuses damage in a segment that was complete', async () => {
    const { journal } = await reopen(directory, 100);
    for (let place = 1; place <= 2; place++) {
      journal.rotate(place);
      journal.append(aWrite(place), Buffer.alloc(100));
    }
    await journal.close();
    const [oldest = ''] = (await readdir(directory)).filter((name) => name.endsWith('.journal')).sort();
    await truncate(join(directory, oldest), 50);
    await expect(reopen()).rejects.toThrow(/damaged at byte 0/);
  });

  it('is used by one process at a time, under whatever name', async () => {
    const { journal } = await reopen();
    await expect(reopen(join(directory, '..', directory.split('/').at(-1)!))).rejects.toThrow(JournalError);
    await expect(reopen()).rejects.toThrow(/in use by process \d+, running since .*--journal of its own/);
    await journal.close();
    await (await reopen()).journal.close();
  });

  it('shares an fsync between those who wait, and covers everything before each', async () => {
    const { journal } = await reopen();
    const waits = Array.from({ length: 50 }, (_, index) => {
      journal.append(aWrite(index + 1));
      return journal.synced();
    });
    await Promise.all(waits);
    const copy = join(directory, 'copy');
    await mkdir(copy);
    const names = (await readdir(directory)).filter((name) => name.endsWith('.journal'));
    await cp(join(directory, names[0]!), join(copy, names[0]!));
    const { journal: copied, found } = await reopen(copy);
    expect(found).toHaveLength(50);
    await copied.close();
    await journal.close();
  });
});
