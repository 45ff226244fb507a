import { once } from './guard';
import type { ServerResponse } from 'node:http';

/** Answers below this are small beside what a connection costs anyway. */
export const LARGE_ANSWER = 64 << 10;

/** Bytes of large answers that may wait for their clients to read them. An answer that goes to many is there once. */
const ROOM = 64 << 20;

/** Milliseconds in which a client is not blamed for an answer that is still here. */
const GRACE = 1000;

interface Sending {
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly since: number;
}

/** Keeps account of the large answers that clients have yet to read. */
export class AnswerRoom {
  /** Oldest first. */
  private readonly sending = new Set<Sending>();
  private readonly users = new Map<Buffer, number>();
  private bytes = 0;

  /**
   * Takes a large answer on. If there is no room, the clients that have left theirs unread the longest are cut off.
   *
   * @returns false if there is no room for it, and nobody to be cut off.
   */
  admit(response: ServerResponse, body: Buffer): boolean {
    if (!this.fits(body)) this.cutOff(body);
    if (!this.fits(body) && this.sending.size > 0) return false;
    const entry = { response, body, since: performance.now() };
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
    const before = performance.now() - GRACE;
    for (const entry of this.sending) {
      if (entry.since > before || this.fits(body)) return;
      this.remove(entry);
      entry.response.req.socket.destroy();
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
