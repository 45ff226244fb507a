import { once } from './guard';
import type { ServerResponse } from 'node:http';

/** Answers below this are small beside what a connection costs anyway. */
export const LARGE_ANSWER = 64 << 10;

/** Bytes of large answers that may wait for their clients to read them. An answer that goes to many is there once. */
const ROOM = 64 << 20;

/** Milliseconds over which it is judged how fast a client reads, and the bytes a second that it must take when there is no room. */
const GRACE = 5000;
const LEAST_SPEED = 64 << 10;

interface Sending {
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** When the client was last found to read fast enough, and the bytes that it had yet to take then. */
  since: number;
  left: number;
}

/** Bytes that the kernel has not taken yet. Node tells by them whether a socket is idle, and does not document them. */
export function pendingBytes({ req: { socket } }: ServerResponse): number {
  const { _handle: handle } = socket as unknown as { _handle: { writeQueueSize: number } | null };
  return handle?.writeQueueSize ?? socket.writableLength;
}

/** Keeps account of the large answers that clients have yet to read. */
export class AnswerRoom {
  /** Oldest first. */
  private readonly sending = new Set<Sending>();
  private readonly users = new Map<Buffer, number>();
  private bytes = 0;

  /**
   * Takes a large answer on. If there is no room, clients that hardly read theirs are cut off, the oldest first.
   *
   * @returns false if there is no room for it, and nobody to be cut off.
   */
  admit(response: ServerResponse, body: Buffer): boolean {
    if (!this.fits(body)) this.cutOff(body);
    if (!this.fits(body) && this.sending.size > 0) return false;
    const entry = { response, body, since: performance.now(), left: body.length };
    this.sending.add(entry);
    const users = this.users.get(body) ?? 0;
    if (users === 0) this.bytes += body.length;
    this.users.set(body, users + 1);
    once(response, response, 'close', () => this.remove(entry));
    return true;
  }

  private fits(body: Buffer): boolean {
    return this.users.has(body) || this.bytes + body.length <= ROOM;
  }

  private cutOff(body: Buffer): void {
    const now = performance.now();
    for (const entry of this.sending) {
      if (this.fits(body)) return;
      const time = now - entry.since;
      if (time < GRACE) continue;
      const left = pendingBytes(entry.response);
      if (entry.left - left >= (LEAST_SPEED * time) / 1000) {
        entry.since = now;
        entry.left = left;
      } else {
        this.remove(entry);
        entry.response.req.socket.destroy();
      }
    }
  }

  private remove(entry: Sending): void {
    if (!this.sending.delete(entry)) return;
    const users = (this.users.get(entry.body) ?? 0) - 1;
    if (users > 0) {
      this.users.set(entry.body, users);
      return;
    }
    this.users.delete(entry.body);
    this.bytes -= entry.body.length;
  }
}
