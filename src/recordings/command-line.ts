import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { asArgument, endWithExitCode, EXIT as COMMON_EXIT, UsageError, valued } from '../command-line';
import { Progress } from '../progress';
import { duration } from '../settings/option-values';
import { ConsentError, obtainConsent } from './consent';
import { categoryOf, type RequestLine, type Sequence } from './exchange';
import { RecordingFormatError } from './files';
import { NoAnswerError, parseTarget, UnreachableError, type Target } from './raw-http';
import type { Reset } from './replay';
import { runResetCommand } from './reset-command';
import { DatabaseReset, ResetError } from './reset-database';

/** How the programs end. */
export const EXIT = { ...COMMON_EXIT, unreachable: 3 } as const;

/** The options that replay and record have in common, as commander delivers them. */
export interface CommonOptions {
  target: Target;
  /** Milliseconds. */
  timeout: number;
  only?: string[];
  reset: boolean;
  resetDatabase?: string;
  resetCommand?: string;
  yesDestroyData?: boolean;
}

/** A command with the options that replay and record have in common. */
export function commonCommand(name: string): Command {
  return new Command(name)
    .requiredOption('--target <url>', 'the server to ask: http://host:port', asArgument(parseTarget))
    .addOption(
      new Option('--reset-database <url>', 'empty this PostgreSQL database, the server’s, before each sequence').env(
        'RESET_DATABASE_URL',
      ),
    )
    .option('--reset-command <command>', 'run this before each sequence, for a server without a database')
    .option('--no-reset', 'empty nothing: the store is not used, or is empty and there is one sequence')
    .option('--yes-destroy-data', 'the data in the database may be destroyed: do not ask')
    .option('--only <names>', 'only these categories or sequences, separated by commas', (names) => names.split(','))
    .addOption(valued('--timeout <seconds>', 'how long to wait for an answer', duration, '30'))
    .exitOverride();
}

/** The usual end of a help text: the exit codes. */
export const EXIT_HELP = `
Exit codes: 0 done (and no difference), 1 a difference or no answer, 2 wrong use or no consent,
3 the server or the database cannot be reached.`;

/** The sequences whose category or whole name was asked for; all, if none was. @throws UsageError for unknown names */
export function select<Line extends RequestLine>(
  sequences: Sequence<Line>[],
  names: string[] | undefined,
): Sequence<Line>[] {
  if (names === undefined) return sequences;
  const known = new Set(sequences.flatMap(({ seq }) => [seq, categoryOf(seq)]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const categories = [...new Set(sequences.map(({ seq }) => categoryOf(seq)))].join(', ');
    throw new UsageError(`nothing is recorded as ${unknown.join(', ')}; the categories are ${categories}`);
  }
  return sequences.filter(({ seq }) => names.includes(seq) || names.includes(categoryOf(seq)));
}

/**
 * Runs `work` with the way to empty the store that the options ask for, after consent.
 * @throws UsageError unless exactly one way is chosen; ConsentError; ResetError
 */
export async function withReset<Result>(
  options: CommonOptions,
  work: (reset: Reset | undefined) => Promise<Result>,
): Promise<Result> {
  const { reset, resetDatabase, resetCommand } = options;
  if (!reset) return work(undefined);
  if ((resetDatabase === undefined) === (resetCommand === undefined)) {
    throw new UsageError('say how to empty the store: one of --reset-database, --reset-command and --no-reset');
  }
  if (resetCommand !== undefined) return work(() => runResetCommand(resetCommand));
  const database = await DatabaseReset.connect(resetDatabase ?? '');
  try {
    await obtainConsent(database, options.yesDestroyData ?? false);
    return await work((settled) => (settled ? database.resetIfWritten() : database.reset()));
  } finally {
    await database.end();
  }
}

/** Finds out before long work whether its result can be written. @throws UsageError */
export async function demandWritable(file: string): Promise<void> {
  const directory = dirname(file);
  await access(directory, constants.W_OK).catch(() => {
    throw new UsageError(`${file} cannot be written: ${directory} is not a writable directory`);
  });
}

/** Runs a program whose work gives its exit code. */
export function runProgram(work: () => Promise<number>): Promise<void> {
  return endWithExitCode(async () => {
    process.exitCode = await work();
  }, exitCodeOf);
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError || error instanceof ConsentError) return EXIT.usage;
  if (error instanceof RecordingFormatError) return EXIT.usage;
  if (error instanceof UnreachableError || error instanceof ResetError) return EXIT.unreachable;
  return error instanceof NoAnswerError ? EXIT.failed : undefined;
}

/** Shows on stderr how many of so many requests were sent. */
export function progress(total: number): (sent: number) => void {
  const shown = new Progress('asking', `of ${total.toLocaleString('en')} requests`);
  return (sent) => {
    shown.show(sent);
    if (sent === total) shown.end();
  };
}
