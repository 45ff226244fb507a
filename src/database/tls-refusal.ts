import { StartRefusedError } from './database-errors';

/** The driver's words, which have no code. */
const NO_TLS = 'The server does not support SSL connections';

/**
 * Node's codes of a certificate that is not accepted, by either side, and of a peer that speaks no TLS. One that is not valid yet
 * may be so because this machine does not know the time yet.
 */
const NOT_ACCEPTED =
  /^(?!CERT_NOT_YET_VALID|ERR_SSL_.*EOF)(ERR_TLS_CERT_ALTNAME_INVALID|ERR_OSSL_|ERR_SSL_|UNABLE_TO_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|.*CERT)/;

/** Why no encrypted connection comes about, if waiting does not help; undefined if it may, or it is another failure. */
export function tlsRefusal(error: Error): StartRefusedError | undefined {
  if (error.message === NO_TLS) {
    return new StartRefusedError(
      'PostgreSQL offers no TLS, which the sslmode of DATABASE_URL demands: set ssl = on there, or sslmode=prefer here.',
      { cause: error },
    );
  }
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string' || !NOT_ACCEPTED.test(code)) return undefined;
  return new StartRefusedError(
    `No TLS connection to PostgreSQL (${error.message}): look at sslmode, sslrootcert and sslcert of DATABASE_URL, and at ` +
      'the certificate there.',
    { cause: error },
  );
}
