import { CutoverError } from '../cutover-error';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A port that cannot be had. */
export class ListenError extends CutoverError {
  override name = 'ListenError';
}

/** Listens, and gives the port that it got. @throws ListenError naming the option to change */
export function listen(server: Server, port: number, host: string, option: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is taken: stop what listens there, or set another' : 'cannot be had';
      reject(new ListenError(`Port ${port} of ${host} ${reason} ${option} (${error.message}).`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
