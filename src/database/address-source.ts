import { readFileSync } from 'node:fs';
import { DatabaseError } from 'pg';
import { parseDatabaseAddress, type DatabaseAddress } from './address';
import type { Target } from './client';
import { isLogInRefused, StartRefusedError } from './database-errors';
import { tlsRefusal } from './tls-refusal';

/** A server of the address answers, but takes no writes; the next one is tried. */
export class TakesNoWritesError extends Error {
  override readonly name = 'TakesNoWritesError';
}

/** The server is starting or stopping, or has no connection left: another one of the address may serve. */
const ELSEWHERE = /^(57P03|53300)/;
/** pg_hba.conf has no line that lets this connection in, as it is encrypted or not. */
const NOT_THIS_WAY = '28000';

export interface AddressSourceOptions {
  /** DATABASE_URL_FILE: read again when the server refuses the log-in, since a password may have been changed. */
  readonly file?: string | undefined;
  readonly log?: { info(message: string): void };
  /** Told each time when a log-in is refused and the file holds nothing new. */
  readonly onRefused?: (error: Error) => void;
}

/** The address of the database as it is now, and how it is connected to. */
export class AddressSource {
  private text: string;
  private address: DatabaseAddress;
  /** Since when every log-in has been refused, in milliseconds of performance.now(). */
  private refusedFrom: number | undefined;

  /** @throws Error with one sentence if the address cannot be read. */
  constructor(
    text: string,
    private readonly options: AddressSourceOptions = {},
  ) {
    this.text = text;
    this.address = parseDatabaseAddress(text);
  }

  /** A text is an address that never changes. @throws Error with one sentence if it cannot be read. */
  static of(address: AddressSource | string): AddressSource {
    return typeof address === 'string' ? new AddressSource(address) : address;
  }

  get current(): DatabaseAddress {
    return this.address;
  }

  /** For how many milliseconds every log-in has been refused; 0 if the last one was not. */
  get refusedFor(): number {
    return this.refusedFrom === undefined ? 0 : performance.now() - this.refusedFrom;
  }

  /**
   * Tries each way to each server of the address until one works. If the log-in is refused and the file holds another
   * address by now, that one is tried.
   *
   * @throws what the last attempt threw, unless that was for its TLS and another one failed otherwise
   */
  async connect<Result>(attempt: (target: Target) => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const result = await tryEach(this.address, attempt);
        this.refusedFrom = undefined;
        return result;
      } catch (error) {
        if (!isLogInRefused(error)) {
          // The time-out of a busy machine says nothing of the log-in.
          if (isAnswer(error)) this.refusedFrom = undefined;
          throw error;
        }
        if (this.readAgain()) continue;
        this.refusedFrom ??= performance.now();
        this.options.onRefused?.(error);
        throw error;
      }
    }
  }

  /** Whether the file holds another address now. One that is being written, or cannot be used, changes nothing. */
  private readAgain(): boolean {
    const { file, log } = this.options;
    if (file === undefined) return false;
    try {
      const text = readFileSync(file, 'utf8').trim();
      if (text === this.text) return false;
      this.address = parseDatabaseAddress(text);
      this.text = text;
    } catch {
      return false;
    }
    log?.info('PostgreSQL refused the login; trying the new address in DATABASE_URL_FILE');
    return true;
  }
}

/** Whether an attempt ended because the server, or a kernel in its place, said something. */
function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError || (error instanceof Error && 'syscall' in error);
}

async function tryEach<Result>(
  address: DatabaseAddress,
  attempt: (target: Target) => Promise<Result>,
): Promise<Result> {
  let failure: unknown;
  // A host that is away may come back, whatever is wrong with the TLS of another one.
  const note = (error: unknown) => {
    if (failure === undefined || !(error instanceof Error) || tlsRefusal(error) === undefined) failure = error;
  };
  for (const host of address.hosts) {
    // There is no TLS on a Unix socket.
    const ways = host.name.startsWith('/') ? [undefined] : address.tls.ways;
    for (const tls of ways) {
      try {
        return await attempt({ address, host, tls });
      } catch (error) {
        note(error);
        if (error instanceof StartRefusedError) throw error;
        if (error instanceof DatabaseError && error.code !== NOT_THIS_WAY) {
          if (!ELSEWHERE.test(error.code ?? '')) throw error;
          break;
        }
        // Nobody there, or nobody who writes: another encryption does not help.
        if (error instanceof TakesNoWritesError || 'syscall' in (error as object)) break;
      }
    }
  }
  throw failure;
}
