import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What people call the port and the host of a server: variables of the environment, or options of a command. */
export interface ListeningNames {
  readonly port: string;
  readonly host: string;
}

/** A server that cannot listen where it is told to; the message is one sentence that names what to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(
    message: string,
    /** True when trying again does not help: the port or the host itself is wrong. */
    readonly isWrongSetting: boolean,
  ) {
    super(message);
  }
}

/**
 * Listens, and gives the port that it got.
 *
 * @param port 0 for any free one
 * @param onLaterError told of what goes wrong afterwards, such as a connection that the system has no descriptor for:
 * node emits that on the server, where it would end the process.
 * @throws ListenError
 */
export function listen(
  server: Server,
  port: number,
  host: string,
  names: ListeningNames,
  onLaterError: (error: Error) => void = () => undefined,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(refusal(error, port, host, names));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse).on('error', onLaterError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function refusal(error: NodeJS.ErrnoException, port: number, host: string, names: ListeningNames): ListenError {
  const reason = `(${error.message})`;
  const another = `set ${names.host} to a name or an address of this machine.`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError(
        `Port ${port} of ${host} is taken: stop what listens there, or set another ${names.port} ${reason}.`,
        false,
      );
    case 'EACCES':
      return new ListenError(
        `Port ${port} of ${host} needs more privileges ${reason}: set ${names.port} to 1024 or above.`,
        true,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ListenError(`${names.host} ${host} has no address ${reason}: ${another}`, true);
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return new ListenError(`${names.host} ${host} is not an address of this machine ${reason}: ${another}`, true);
    default:
      return new ListenError(
        `Port ${port} of ${host} cannot be opened ${reason}: set another ${names.port} or ${names.host}.`,
        false,
      );
  }
}
