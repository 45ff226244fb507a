import { setTimeout as sleep } from 'node:timers/promises';
import { destination } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Characters that wait at most for whoever reads standard output; what is logged beyond them is dropped. */
const LONGEST_QUEUE = 4 * 1024 * 1024;

/** Milliseconds that the reader of the last lines has, before the process ends without them. */
const LAST_WORDS = 1000;

/** Where the lines of the log go. */
export interface LogOutput {
  write(line: string): void;
  /** Called by pino after a line of level fatal. */
  flushSync(): void;
  /** Writes what is left, as far as somebody reads it; what is logged later goes nowhere. Call it before process.exit(). */
  end(): Promise<void>;
}

/** Standard output, see {@link outputTo}. */
export function standardOutput(): LogOutput {
  return outputTo(process.stdout, 1);
}

/** Standard error, see {@link outputTo}. */
export function standardError(): LogOutput {
  return outputTo(process.stderr, 2);
}

/**
 * A standard stream, as readable lines if it is a terminal. Nothing that becomes of it may stop or end the server: a reader
 * that has gone away (EPIPE), a terminal that was closed (EIO), a full disk, a pipe that nobody empties. So lines are
 * written behind the event loop's back, those that find no room are dropped and counted, and errors are taken for that.
 */
function outputTo({ isTTY: isTerminal }: Pick<NodeJS.WriteStream, 'isTTY'>, descriptor: 1 | 2): LogOutput {
  // Asking the stream makes a pipe non-blocking, too: a write to a full one returns, in place of holding a thread for good.
  let isOver = false;
  let dropped = 0;
  const stream = destination({ dest: descriptor, sync: false, maxLength: LONGEST_QUEUE, retryEAGAIN: () => !isOver });
  stream.on('error', () => undefined);
  stream.on('close', () => (isOver = true));
  stream.on('drop', () => dropped++);
  stream.on('drain', () => {
    if (dropped === 0) return;
    const msg = `${dropped} lines of the log were dropped, since nobody read them`;
    dropped = 0;
    write(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), pid: process.pid, msg })}\n`);
  });
  const pretty = isTerminal ? prettyFactory({ ignore: 'pid,deployment', colorize: true }) : undefined;
  const write = (line: string) => {
    if (!isOver) stream.write(pretty === undefined ? line : pretty(line));
  };

  return {
    write,
    // end() follows, which waits for a moment; to wait for a reader here could be to wait for ever.
    flushSync: () => undefined,
    end: async () => {
      const closed = new Promise((resolve) => stream.once('close', resolve).once('error', resolve));
      stream.end();
      await Promise.race([closed, sleep(LAST_WORDS)]);
      isOver = true;
      // Else pino would write the rest when the process exits, for as long as that takes.
      stream.destroy();
    },
  };
}
