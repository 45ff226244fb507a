import type { Command, Option } from 'commander';
import { DatabaseError } from 'pg';
import { endWithExitCode, EXIT, UsageError, valued } from '../../command-line';
import { ConfigError } from '../../settings/read-setting';
import { DatabaseUnavailableError, StartRefusedError } from '../../database/database-errors';
import { ListenError } from '../../listen';
import { NoAnswerError, UnreachableError } from '../../recordings/raw-http';
import { duration } from '../../settings/option-values';
import { CutoverError } from '../cutover-error';
import { JournalDamaged } from '../order/journal/segments';
import { FallBackError } from './balancer/balancer-errors';

/** The end of each verb's help text. */
export const EXIT_HELP = '\nExit codes: 0 done (and equal), 1 failed or different, 2 wrong use.';

/** The exit code of a verb after which the balancer does not fall back to the owner of the writes. */
const FALL_BACK_IS_WRONG = 3;

/** The parser of an option that may be given several times. */
export function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** How long a side may be silent: it renders a long list before the first byte of it. */
const DEFAULT_SILENCE = '600';

/** `--timeout`: how long a side may be silent, in milliseconds. */
export function timeoutOption(): Option {
  return valued('--timeout <seconds>', 'how long a server may be silent', duration, DEFAULT_SILENCE);
}

/**
 * Runs the verb that the arguments name. Every foreseen error becomes one sentence on stderr and an exit code; a verb
 * that finds a difference sets `process.exitCode` itself.
 */
export function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  return endWithExitCode(() => program.parseAsync(argv), exitCodeOf);
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  if (error instanceof ListenError && error.isWrongSetting) return EXIT.usage;
  if (error instanceof FallBackError) return FALL_BACK_IS_WRONG;
  const foreseen = [
    ListenError,
    CutoverError,
    JournalDamaged,
    UnreachableError,
    NoAnswerError,
    StartRefusedError,
    DatabaseUnavailableError,
    DatabaseError,
  ];
  return foreseen.some((type) => error instanceof type) ? EXIT.failed : undefined;
}
