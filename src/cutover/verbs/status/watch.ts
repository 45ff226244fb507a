import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../command-line';
import type { ControlClient } from '../../control/control-client';
import { oneLine, statusLine, statusText } from '../../control/status-text';
import type { WatchedStatus } from '../../control/watch/watched-status';

/** Up and left, with nothing cleared yet: a screen that is cleared first flickers. */
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const CLEAR = '\x1b[2J';

/**
 * Shows the status again and again until a signal ends it: on a terminal always in the same place, elsewhere one line each time. A
 * gateway that does not answer is waited for.
 *
 * @param interval milliseconds @returns true if at last a person was needed, or nobody answered
 */
export async function watch(client: ControlClient, interval: number): Promise<boolean> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  // Whoever reads this has gone away, as head does.
  process.stdout.once('error', onSignal);
  const show = process.stdout.isTTY ? showOnTerminal() : showLine;
  let isNeeded = true;
  while (!stop.signal.aborted) {
    let status: WatchedStatus | undefined;
    let problem = '';
    try {
      status = await client.status();
    } catch (error) {
      problem = messageOf(error);
    }
    isNeeded = status === undefined || status.attention.length > 0;
    show(status, problem);
    await sleep(interval, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  return isNeeded;
}

function showLine(status: WatchedStatus | undefined, problem: string): void {
  const line = status === undefined ? `${new Date().toISOString()} ${oneLine(problem)}` : statusLine(status);
  process.stdout.write(`${line}\n`);
}

/** @returns what shows one status in the place of the last one */
function showOnTerminal(): typeof showLine {
  let last = '';
  process.stdout.write(CLEAR);
  return (status, problem) => {
    const text = status === undefined ? `${last}\n\n${oneLine(problem)}` : statusText(status);
    if (status !== undefined) last = text;
    const { columns, rows } = process.stdout;
    const lines = text.split('\n').slice(0, rows - 1);
    // A line that wraps would push the others out of their places.
    const shown = lines.map((line) => `${line.slice(0, columns)}${CLEAR_LINE}`);
    process.stdout.write(`${HOME}${shown.join('\n')}\n${CLEAR_BELOW}`);
  };
}
