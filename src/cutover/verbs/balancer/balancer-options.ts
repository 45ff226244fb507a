import { Option, type Command } from 'commander';
import { asArgument } from '../../../command-line';
import { Haproxy } from './haproxy';
import { RuntimeApi, socketAddress, type SocketAddress } from './runtime-api';

/** The options that find HAProxy, as commander delivers them. */
export interface BalancerOptions {
  readonly haproxy?: SocketAddress;
  readonly backend: string;
  readonly frontMap: string;
}

/** Adds the options that find HAProxy. */
export function withHaproxy(command: Command): Command {
  const haproxy = new Option('--haproxy <socket>', "path or host:port of HAProxy's stats socket, of level admin");
  return command
    .addOption(haproxy.argParser(asArgument(socketAddress)).env('WASTE_CUTOVER_HAPROXY'))
    .option('--backend <name>', "HAProxy's backend with the servers gateway, owner-blue and owner-green", 'gateway')
    .option(
      '--front-map <file>',
      "HAProxy's map that says where the clients go, or the end of its path",
      'waste-front.map',
    );
}

/** HAProxy, if the options name it. */
export function haproxyOf({ haproxy, backend, frontMap }: BalancerOptions): Haproxy | undefined {
  return haproxy && new Haproxy(new RuntimeApi(haproxy), { backend, map: frontMap });
}
