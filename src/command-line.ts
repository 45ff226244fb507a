import { CommanderError, InvalidArgumentError, Option } from 'commander';

/** How a program ends: done, failed or different, wrong use. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Wrong use of a program; the message says what to do. Nothing was done. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** What an error says; a failed connection to several addresses says it once for each. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** An option that takes a value of this kind; its default stands in the help as it is written here. */
export function valued(
  flags: string,
  description: string,
  parse: (text: string) => unknown,
  byDefault: string,
): Option {
  return new Option(flags, description).argParser(asArgument(parse)).default(parse(byDefault), byDefault);
}

/** An option's parser whose errors commander reports together with the option's name. */
export function asArgument<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/**
 * Does a program's work and turns every foreseen error into one line on stderr and an exit code.
 *
 * @param exitCodeOf undefined for an error that nobody foresaw
 * @throws such an error
 */
export async function endWithExitCode(
  work: () => Promise<unknown>,
  exitCodeOf: (error: unknown) => number | undefined,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed the help or the fault itself.
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      return;
    }
    const code = exitCodeOf(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = code;
  }
}
