import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/** The person did not agree to lose the data. */
export class ConsentError extends Error {
  override name = 'ConsentError';
}

/** What would be lost. */
export interface Loss {
  name: string;
  tables: readonly string[];
  countRows(): Promise<number>;
}

/** The streams of a terminal; `isTTY` is what decides whether a person can be asked. */
export interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writable & { isTTY?: boolean };
}

/**
 * Says how many rows of which database will be lost, and goes on only with consent: given on the command line, or typed
 * on a terminal.
 * @throws ConsentError without it
 */
export async function obtainConsent(
  loss: Loss,
  given: boolean,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  const rows = (await loss.countRows()).toLocaleString('en');
  const fate = `${rows} rows in ${loss.tables.length} tables of ${loss.name}`;
  if (given) {
    terminal.output.write(`Destroying ${fate}.\n`);
    return;
  }
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new ConsentError(`this would destroy ${fate}. If they may go, add --yes-destroy-data`);
  }
  const questions = createInterface(terminal);
  const answer = await questions.question(`This destroys ${fate}.\nType "destroy" to go on: `);
  questions.close();
  if (answer.trim() !== 'destroy') throw new ConsentError('nothing was destroyed, nothing was sent');
}
