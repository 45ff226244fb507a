import { inspect } from 'node:util';
import type { Logger } from 'pino';

/** Milliseconds from a fault to the end of the process, whatever still hangs. The last lines of the log come on top. */
const LIMIT = 1000;

/** A fault can come again with each turn of the event loop until then. */
const MOST_LOGGED = 5;

export interface FaultOptions {
  readonly log: Logger;
  /** Ends in order what can be ended in the time that is left. */
  readonly abandon: () => Promise<void>;
  /** Ends the process with this code. */
  readonly exit: (code: number) => void;
}

/**
 * Ends the process with 1 after a fault of the program, an exception or a rejection that nobody caught: what it holds in
 * memory cannot be relied on any more, so it does not wait for clients, however long they take.
 *
 * @returns for a fault that somebody caught
 */
export function endOnFaults({ log, abandon, exit }: FaultOptions): (error: unknown) => void {
  let faults = 0;
  const onFault = (error: unknown) => {
    faults += 1;
    if (faults <= MOST_LOGGED) note(log, error);
    if (faults > 1) return;
    // Holds even if nothing is left to wait for.
    process.exitCode = 1;
    setTimeout(() => exit(1), LIMIT).unref();
    void abandon()
      .catch((another: unknown) => note(log, another))
      .finally(() => exit(1));
  };
  process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  return onFault;
}

/** Never throws: it is called where an exception would end the process on the spot. */
function note(log: Logger, error: unknown): void {
  try {
    log.fatal({ msg: 'A fault in the program', stack: error instanceof Error ? error.stack : inspect(error) });
  } catch {
    // The end of the process matters more than its account.
  }
}
