import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { AddressParameters } from './address-parameters';

/** How connections to a server are encrypted: each way that may be tried, in order; undefined is no encryption. */
export interface Tls {
  readonly ways: readonly (ConnectionOptions | undefined)[];
  /** Whether TLS begins without asking the server in PostgreSQL's protocol (17 and later). */
  readonly direct: boolean;
}

/**
 * What `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and `sslnegotiation` mean to libpq (PostgreSQL's documentation, "SSL
 * Support"). Two things differ: without `sslmode` it is `allow`, encrypted only if the server wants it, and
 * `verify-full` without `sslrootcert` trusts the authorities that node trusts.
 *
 * @throws Error with one sentence
 */
export function parseTls(parameters: AddressParameters): Tls {
  const { sslrootcert, sslnegotiation = 'postgres' } = parameters;
  const mode = modeOf(parameters);
  const files = {
    ...(sslrootcert === undefined || sslrootcert === 'system' ? {} : { ca: read(sslrootcert, 'sslrootcert') }),
    ...clientCertificate(parameters),
  };
  const unverified: ConnectionOptions = { ...files, rejectUnauthorized: false };
  const verified: ConnectionOptions = { ...files, rejectUnauthorized: true };
  const ofAnyName: ConnectionOptions = { ...verified, checkServerIdentity: () => undefined };
  const ways: Readonly<Record<string, Tls['ways']>> = {
    disable: [undefined],
    allow: [undefined, unverified],
    prefer: [unverified, undefined],
    require: [sslrootcert === undefined ? unverified : sslrootcert === 'system' ? verified : ofAnyName],
    'verify-ca': [ofAnyName],
    'verify-full': [verified],
    // A name of node-postgres.
    'no-verify': [unverified],
  };
  const chosen = ways[mode];
  if (chosen === undefined) {
    throw new Error('its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full');
  }
  if (mode === 'verify-ca' && (sslrootcert === undefined || sslrootcert === 'system')) {
    throw new Error('its sslmode verify-ca needs sslrootcert, the file of the authority; or use verify-full');
  }
  if (sslnegotiation !== 'postgres' && sslnegotiation !== 'direct') {
    throw new Error('its sslnegotiation is not one of postgres, direct');
  }
  const direct = sslnegotiation === 'direct';
  if (direct && chosen.includes(undefined)) throw new Error('its sslnegotiation direct needs sslmode require or more');
  return { ways: chosen, direct };
}

/** `ssl=true` is how node-postgres and JDBC ask for a verified connection. */
function modeOf({ sslmode, ssl, sslrootcert }: AddressParameters): string {
  if (sslmode !== undefined) return sslmode;
  if (ssl === 'true' || ssl === '1') return 'verify-full';
  if (ssl !== undefined && ssl !== 'false' && ssl !== '0') throw new Error('its ssl is not one of true, false');
  if (ssl !== undefined) return 'disable';
  // Who names an authority means it to be looked at.
  return sslrootcert === undefined ? 'allow' : 'verify-full';
}

function clientCertificate({ sslcert, sslkey }: AddressParameters): ConnectionOptions {
  if ((sslcert === undefined) !== (sslkey === undefined)) throw new Error('sslcert and sslkey belong together');
  if (sslcert === undefined || sslkey === undefined) return {};
  return { cert: read(sslcert, 'sslcert'), key: read(sslkey, 'sslkey') };
}

function read(file: string, parameter: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the file of its ${parameter} cannot be read (${reason})`, { cause: error });
  }
}
