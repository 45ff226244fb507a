import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryDisk } from './disk/directory-disk';
import { KeptCopy } from './kept-copy';
import { OrderRefused, SideAway, type Resource, type Row } from './nouns';
import type { Disk, Page } from './ports';

const row = (id: number, bytes = 0): Row => ({ id, bytes: Buffer.from(`{"id":${id},"text":"${'é'.repeat(bytes)}"}`) });

/** Two lists of many rows are sooner compared by it. */
const digestOf = (rows: readonly Row[]) => {
  const hash = createHash('sha256');
  for (const { id, bytes } of rows) hash.update(`${id} ${bytes.length} `).update(bytes);
  return hash.digest('hex');
};

async function* pages(resource: Resource, ...some: (readonly Row[])[]): AsyncGenerator<Page> {
  for (const rows of some) yield await Promise.resolve({ resource, rows });
}

async function* broken(): AsyncGenerator<Page> {
  yield* pages('collections', [row(1)]);
  throw new SideAway('it broke');
}

describe('a copy on the journal’s disk', () => {
  let directory: string;
  let disk: DirectoryDisk;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'copy-'));
    disk = new DirectoryDisk(directory, () => Promise.resolve({ release: () => Promise.resolve() }));
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function rowsOf(copy: KeptCopy, resource: Resource): Promise<Row[]> {
    const found: Row[] = [];
    for await (const rows of copy.rows(resource)) found.push(...rows);
    return found;
  }

  /** Files of this directory that this process has open, with or without a name. */
  async function opened(): Promise<number> {
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return links.filter((link) => link.startsWith(directory)).length;
  }

  it('gives every row back in its order, small ones and those longer than a piece, as often as it is asked', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => row(3 * at + 1, at % 97));
    rows.push(row(70_000, 300_000), row(2 ** 40, 700_000), { id: 2 ** 53 - 1, bytes: Buffer.alloc(0) });
    const copy = await KeptCopy.take(disk, pages('collections', rows.slice(0, 7), [], rows.slice(7)));
    expect(copy.highest).toEqual({ collections: 2 ** 53 - 1, locations: 0 });
    for (let count = 0; count < 2; count++) expect(digestOf(await rowsOf(copy, 'collections'))).toBe(digestOf(rows));
    expect(await rowsOf(copy, 'locations')).toEqual([]);
    await copy.close();
  });

  it('keeps the rows of both resources apart, in whatever turns they come', async () => {
    const turns = async function* (): AsyncGenerator<Page> {
      yield* pages('collections', [row(1)]);
      yield* pages('locations', [row(1, 1), row(2)]);
      yield* pages('collections', [row(9)]);
    };
    const copy = await KeptCopy.take(disk, turns());
    expect(await rowsOf(copy, 'collections')).toEqual([row(1), row(9)]);
    expect(await rowsOf(copy, 'locations')).toEqual([row(1, 1), row(2)]);
    await copy.close();
  });

  it('leaves no name in the folder, and gives the space back when it is closed and when its source breaks', async () => {
    const copy = await KeptCopy.take(disk, pages('collections', [row(1)]));
    expect(await readdir(directory)).toEqual([]);
    expect(await opened()).toBe(2);
    await copy.close();
    expect(await opened()).toBe(0);
    await expect(KeptCopy.take(disk, broken())).rejects.toThrow('it broke');
    expect(await opened()).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  it('removes at the next start what a process left that ended before its file had lost its name', async () => {
    await writeFile(join(directory, '1.scratch'), 'rows');
    await writeFile(join(directory, 'state.json'), '{}');
    await disk.lock();
    expect(await readdir(directory)).toEqual(['state.json']);
    expect(await readFile(join(directory, 'state.json'), 'utf8')).toBe('{}');
  });

  it('takes no list whose ids go back, or come twice', async () => {
    const back = KeptCopy.take(disk, pages('collections', [row(2), row(3)], [row(1)]));
    await expect(back).rejects.toEqual(new SideAway('collections 1 comes behind 3 in a list'));
    await expect(KeptCopy.take(disk, pages('locations', [row(2), row(2)]))).rejects.toBeInstanceOf(SideAway);
    expect(await opened()).toBe(0);
  });

  it('says what to do where the disk is full, and closes what it has', async () => {
    const full: Pick<Disk, 'scratch'> = {
      scratch: async () => {
        const file = await disk.scratch();
        const write = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
        return { write, read: file.read.bind(file), close: file.close.bind(file) };
      },
    };
    const taken = KeptCopy.take(full, pages('collections', [row(1)]));
    await expect(taken).rejects.toBeInstanceOf(OrderRefused);
    await expect(taken).rejects.toThrow(/journal's disk .*ENOSPC.*make room/);
    expect(await opened()).toBe(0);
  });
});
