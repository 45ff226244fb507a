import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { UsageError } from '../../command-line';
import { messageOf } from '../cutover-error';

const TOKEN_VARIABLE = 'WASTE_CUTOVER_TOKEN';

const FOLLOW_VARIABLE = 'FOLLOW_TOKEN';

export interface TokenOptions {
  readonly tokenFile?: string;
}

export interface FollowTokenOptions {
  readonly followTokenFile?: string;
}

export interface ControlOptions extends TokenOptions {
  readonly control: string;
}

/** Adds the option that says where the token is. */
export function withToken(command: Command): Command {
  return command.option('--token-file <file>', `file that holds the control port's token (default: ${TOKEN_VARIABLE})`);
}

/** Adds the options that find a running gateway. */
export function withControl(command: Command): Command {
  const control = new Option('--control <url>', "the gateway's control port").default('http://127.0.0.1:9100');
  return withToken(command.addOption(control.env('WASTE_CUTOVER_CONTROL')));
}

/** The token. @throws UsageError if there is none, or one that is too short to keep anybody out */
export function readToken({ tokenFile }: TokenOptions): string {
  return tokenIn(tokenFile, TOKEN_VARIABLE, "the control port's token: --token-file FILE");
}

/** The token with which green lets itself be fed. @throws UsageError if there is none, or one that is too short */
export function readFollowToken({ followTokenFile }: FollowTokenOptions): string {
  const said = "green's token for following, the FOLLOW_TOKEN that it was started with: --follow-token-file FILE";
  return tokenIn(followTokenFile, FOLLOW_VARIABLE, said);
}

function tokenIn(file: string | undefined, variable: string, said: string): string {
  const token = (file === undefined ? (process.env[variable] ?? '') : readTokenFile(file)).trim();
  if (token === '') {
    throw new UsageError(
      file === undefined ? `give ${said}, or ${variable}` : `${file} is empty: it must hold a token`,
    );
  }
  if (!/^[\x21-\x7e]{16,}$/.test(token)) {
    throw new UsageError(
      `the token in ${file ?? variable} must be 16 characters or more, without spaces: "openssl rand -hex 16" makes one`,
    );
  }
  return token;
}

/** The token that only watches; undefined if there is none. @throws UsageError if it is too short, or not one */
export function readWatchToken({ watchTokenFile }: { readonly watchTokenFile?: string }): string | undefined {
  return watchTokenFile === undefined ? undefined : readToken({ tokenFile: watchTokenFile });
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
  }
}
