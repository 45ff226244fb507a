import type { Disk, ScratchFile, SegmentFile } from '../../src/cutover/order/ports';
import type { Random } from './random';
import type { SimulatedProcess } from './simulated-time';

const SECTOR = 512;

interface File {
  /** What processes see. */
  view: Buffer;
  /** What a power cut leaves. */
  durable: Buffer;
  readonly dirty: Set<number>;
}

/** A directory that outlives processes, and a power cut as far as it was synced. */
export class SimulatedDisk {
  private readonly files = new Map<string, File>();
  private readonly scratches = new Set<{ content: Buffer }>();
  private holder: SimulatedProcess | undefined;
  private readonly underWay = new Set<{ readonly file: File; readonly offset: number; readonly bytes: Buffer }>();
  /** Bytes that others leave. */
  capacity = Infinity;
  failsSync = false;
  failsWrite = false;
  slow = 0;

  constructor(private readonly random: Random) {}

  get used(): number {
    let sum = 0;
    for (const { view } of this.files.values()) sum += view.length;
    for (const { content } of this.scratches) sum += content.length;
    return sum;
  }

  /** Every sector that was not synced may be lost, each by itself. */
  cutPower(): void {
    for (const file of this.files.values()) {
      for (const sector of file.dirty) {
        if (this.random.chance(0.5)) copySector(file.view, file.durable, sector);
      }
      file.dirty.clear();
      file.view = Buffer.from(file.durable);
    }
  }

  /** Turns one bit over, in what is durable. @returns whether there was anything */
  flipBit(name: string, offset: number): boolean {
    const file = this.files.get(name);
    if (file === undefined || offset >= file.view.length) return false;
    file.view[offset]! ^= 1;
    file.durable[offset]! ^= 1;
    return true;
  }

  /** What is in a file now. */
  contentOf(name: string): Buffer | undefined {
    return this.files.get(name)?.view;
  }

  names(): string[] {
    return [...this.files.keys()];
  }

  for(process: SimulatedProcess): Disk {
    process.onKill(() => this.abandon(process));
    return {
      lock: () =>
        process.outcome(0.05, () => {
          if (this.holder?.alive) throw new Error('in use by another process');
          this.holder = process;
        }),
      unlock: () => process.outcome(0.05, () => void (this.holder = undefined)),
      list: () => process.outcome(0.05, () => this.names()),
      read: (name) =>
        process.outcome(0.1, () => {
          const view = this.files.get(name)?.view;
          return view === undefined ? undefined : Buffer.from(view);
        }),
      replace: (name, bytes) => this.replace(process, name, bytes),
      reserve: (name, bytes) => this.reserve(process, name, bytes),
      open: (name) =>
        process.outcome(0.05, () => {
          const file = this.files.get(name);
          if (file === undefined) throw errno('ENOENT');
          return this.segment(process, file);
        }),
      remove: (name) => process.outcome(0.1, () => void this.files.delete(name)),
      scratch: () => process.outcome(0.05, () => this.scratch(process)),
    };
  }

  private replace(process: SimulatedProcess, name: string, bytes: Buffer): Promise<void> {
    const file = { view: Buffer.from(bytes), durable: Buffer.from(bytes), dirty: new Set<number>() };
    let isDone = false;
    process.onKill(() => {
      if (!isDone && this.random.chance(0.5) && this.hasRoom(bytes.length)) this.files.set(name, file);
    });
    return process.outcome(this.latency() * 2, () => {
      isDone = true;
      if (!this.hasRoom(bytes.length)) throw errno('ENOSPC');
      if (this.failsSync || this.failsWrite) throw errno('EIO');
      this.files.set(name, file);
    });
  }

  private reserve(process: SimulatedProcess, name: string, bytes: number): Promise<SegmentFile> {
    let isDone = false;
    process.onKill(() => {
      if (isDone || this.random.chance(0.5) || !this.hasRoom(bytes)) return;
      this.files.set(name, zeros(this.random.between(0, bytes)));
    });
    return process.outcome(this.latency() * 3, () => {
      isDone = true;
      if (!this.hasRoom(bytes)) throw errno('ENOSPC');
      if (this.failsSync || this.failsWrite) throw errno('EIO');
      const file = zeros(bytes);
      this.files.set(name, file);
      return this.segment(process, file);
    });
  }

  private scratch(process: SimulatedProcess): ScratchFile {
    const file = { content: Buffer.alloc(0) };
    this.scratches.add(file);
    process.onKill(() => this.scratches.delete(file));
    return {
      write: (offset, buffers) =>
        process.outcome(this.slow + 0.02 + this.random.next() * 0.1, () => {
          const bytes = Buffer.concat([file.content.subarray(0, offset), ...buffers]);
          if (!this.hasRoom(bytes.length - file.content.length)) throw errno('ENOSPC');
          if (this.failsWrite) throw errno('EIO');
          file.content = bytes;
        }),
      read: (offset, length) => process.outcome(0.1, () => file.content.subarray(offset, offset + length)),
      close: () => process.outcome(0.01, () => void this.scratches.delete(file)),
    };
  }

  private segment(process: SimulatedProcess, file: File): SegmentFile {
    return {
      write: (offset, buffers) => this.write(process, file, offset, Buffer.concat(buffers)),
      sync: () => this.sync(process, file),
      read: (offset, length) => process.outcome(0.1, () => Buffer.from(file.view.subarray(offset, offset + length))),
      close: () => process.outcome(0.01, () => undefined),
    };
  }

  private write(process: SimulatedProcess, file: File, offset: number, bytes: Buffer): Promise<void> {
    if (offset + bytes.length > file.view.length) return Promise.reject(new Error('written past the reserved end'));
    const write = { file, offset, bytes };
    this.underWay.add(write);
    return process.outcome(this.slow + 0.02 + this.random.next() * 0.1, () => {
      this.underWay.delete(write);
      if (this.failsWrite) {
        put(file, offset, bytes.subarray(0, this.random.between(0, bytes.length)));
        throw errno('EIO');
      }
      put(file, offset, bytes);
    });
  }

  private sync(process: SimulatedProcess, file: File): Promise<void> {
    const sectors = [...file.dirty];
    const image = Buffer.from(file.view);
    return process.outcome(this.latency(), () => {
      if (this.failsSync) {
        // What the system could not write it forgets that it should have: a second sync would find nothing to do.
        for (const sector of sectors) if (this.random.chance(0.5)) copySector(image, file.durable, sector);
        for (const sector of sectors) file.dirty.delete(sector);
        throw errno('EIO');
      }
      for (const sector of sectors) {
        copySector(image, file.durable, sector);
        if (sectorOf(image, sector).equals(sectorOf(file.view, sector))) file.dirty.delete(sector);
      }
    });
  }

  private abandon(process: SimulatedProcess): void {
    if (this.holder === process) this.holder = undefined;
    for (const { file, offset, bytes } of this.underWay) {
      put(file, offset, bytes.subarray(0, this.random.between(0, bytes.length)));
    }
    this.underWay.clear();
  }

  private hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.capacity;
  }

  private latency(): number {
    return this.slow + 0.3 + this.random.next() * 1.5;
  }
}

function zeros(bytes: number): File {
  return { view: Buffer.alloc(bytes), durable: Buffer.alloc(bytes), dirty: new Set() };
}

function put(file: File, offset: number, bytes: Buffer): void {
  if (bytes.length === 0) return;
  bytes.copy(file.view, offset);
  for (let sector = Math.floor(offset / SECTOR); sector * SECTOR < offset + bytes.length; sector++)
    file.dirty.add(sector);
}

function sectorOf(bytes: Buffer, sector: number): Buffer {
  return bytes.subarray(sector * SECTOR, (sector + 1) * SECTOR);
}

function copySector(from: Buffer, to: Buffer, sector: number): void {
  sectorOf(from, sector).copy(to, sector * SECTOR);
}

function errno(code: 'ENOSPC' | 'EIO' | 'ENOENT'): Error {
  return Object.assign(new Error(code), { code });
}
