import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';
import { messageOf } from '../../cutover-error';
import { BalancerError } from './balancer-errors';

/** Milliseconds for one command; HAProxy answers at once. */
const PATIENCE = 5000;

/** Where HAProxy's `stats socket` is. */
export interface SocketAddress {
  /** As the operator wrote it. */
  readonly text: string;
  readonly connection: NetConnectOpts;
}

/** A path, or host:port. @throws TypeError */
export function socketAddress(text: string): SocketAddress {
  if (text.includes('/')) return { text, connection: { path: text } };
  const [, host, port] = /^(?:ipv[46]@)?(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || !(Number(port) <= 65_535)) {
    throw new TypeError(`${JSON.stringify(text)} is neither the path of HAProxy's stats socket nor its host:port`);
  }
  return { text, connection: { host, port: Number(port) } };
}

/** HAProxy's runtime API: one connection for each command. */
export class RuntimeApi {
  constructor(private readonly address: SocketAddress) {}

  get name(): string {
    return this.address.text;
  }

  /** What HAProxy answers to a question. @throws BalancerError if nobody answers */
  async ask(command: string): Promise<string> {
    const socket = connect(this.address.connection);
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      await once(socket, 'connect', { signal });
      socket.write(`${command}\n`);
      let said = '';
      socket.on('data', (piece: Buffer) => (said += piece.toString()));
      await once(socket, 'end', { signal });
      return said.trim();
    } catch (error) {
      throw new BalancerError(
        `HAProxy does not answer at ${this.name} (${messageOf(error)}): is it running, and is this the "stats socket" of its configuration?`,
      );
    } finally {
      socket.destroy();
    }
  }

  /** Has something changed. HAProxy says nothing if it has done so. @throws BalancerError with its words if it says no */
  async tell(command: string): Promise<void> {
    const words = await this.ask(command);
    if (words === '') return;
    const advice = words.includes('Permission denied') ? ': the "stats socket" needs "level admin"' : '';
    throw new BalancerError(`HAProxy refuses "${command}" (${words.split('\n')[0]})${advice}`);
  }
}
