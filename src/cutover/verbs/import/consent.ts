import { createInterface } from 'node:readline/promises';
import { CutoverError } from '../../cutover-error';
import { losesRows, removalText, type Removal } from './removal';

/** Asks the operator a question on the terminal; undefined where there is none. */
type Ask = ((question: string) => Promise<string>) | undefined;

/**
 * Says what `--replace` removes, and goes on only if the source has all of it, or the operator agrees.
 *
 * @param yes the operator has agreed before, with `--yes`
 * @throws CutoverError if it may not be removed; nothing was written
 */
export async function demandConsent(
  found: readonly Removal[],
  { yes, ask, say }: { readonly yes: boolean; readonly ask: Ask; readonly say: (sentence: string) => void },
): Promise<void> {
  for (const removal of found) say(removalText(removal));
  if (yes || !losesRows(found)) return;
  if (ask === undefined) {
    throw new CutoverError(
      'nothing was removed and nothing was written, because nobody can be asked here: look at what would be removed, then say --yes',
    );
  }
  const answer = await ask('Remove them for good? Type "yes": ');
  if (answer.trim() !== 'yes') throw new CutoverError('nothing was removed and nothing was written');
}

/** A question on standard error, since standard output belongs to the result. */
export function terminal(): Ask {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await Promise.race([
        lines.question(question),
        // The end of the input is no answer.
        new Promise<string>((done) => lines.once('close', () => done(''))),
      ]);
    } finally {
      lines.close();
    }
  };
}
