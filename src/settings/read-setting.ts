import { readFileSync } from 'node:fs';
import { ValueError } from './kinds';
import type { Setting } from './table';

/** Settings that cannot be used: the message has a line for each, with the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Variables as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is not to be read in a terminal or a log. */
const SECRETS = ['DATABASE_URL', 'FOLLOW_TOKEN'];

/** Which database it is depends on them: a value that was meant must not silently count as none. */
const CHOOSE_THE_DATABASE = ['DATABASE_URL', 'DATABASE_URL_FILE', 'DATA_DIR'];

/** The text of a variable, trimmed. Undefined for one that is empty: compose files and shells pass unset ones as empty text. */
export function given(variable: string, environment: Environment): string | undefined {
  const value = environment[variable];
  if (value === undefined || value === '') return undefined;
  const trimmed = value.trim();
  if (trimmed !== '') return trimmed;
  if (!CHOOSE_THE_DATABASE.includes(variable)) return undefined;
  throw new ConfigError(`${variable} holds nothing but white space: give it a value, or unset it.`);
}

/** The value of a setting, or of its default. @throws ConfigError */
export function readSetting(
  { variable, fallback, allowed, parse }: Setting<unknown>,
  environment: Environment,
): unknown {
  const value = given(variable, environment) ?? fallback;
  if (value === undefined) return undefined;
  let reason: string | undefined;
  try {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    reason = error.message;
  }
  // The address of a database holds a password.
  const what = SECRETS.includes(variable)
    ? `cannot be used: ${reason ?? 'it has another form'}`
    : `is "${value}"${reason === undefined ? '' : `, ${reason}`}`;
  throw new ConfigError(`${variable} ${what}; allowed: ${allowed}.`);
}

/** The environment with what a file holds in the place of the variable that names it. @throws ConfigError */
export function withContentOf(file: Setting<string>, environment: Environment): Environment {
  const { variable: naming, allowed } = file;
  const variable = naming.replace(/_FILE$/, '');
  const name = given(naming, environment);
  if (name === undefined) return environment;
  if (given(variable, environment) !== undefined) {
    throw new ConfigError(`${variable} and ${naming} are both set; allowed: one of them.`);
  }
  let content: string;
  try {
    content = readFileSync(name, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${naming} is "${name}", which cannot be read (${reason}); allowed: ${allowed}.`);
  }
  // Taken for none, it would send the clients' writes into a new and empty database, or end a cutover.
  if (content === '') {
    const what = variable === 'DATABASE_URL' ? 'the address of the PostgreSQL' : 'the token';
    throw new ConfigError(`${naming} names "${name}", which is empty: write ${what} into it, or unset ${naming}.`);
  }
  return { ...environment, [variable]: content };
}

/** Collects what is wrong, so that all of it is named at once. */
export class Faults {
  private readonly messages: string[] = [];

  /** What the attempt gives; undefined when it is at fault. */
  note<T>(attempt: () => T): T | undefined {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.messages.push(error.message);
      return undefined;
    }
  }

  /** @throws ConfigError if anything was wrong */
  throwAny(): void {
    if (this.messages.length > 0) throw new ConfigError(this.messages.join('\n'));
  }
}
