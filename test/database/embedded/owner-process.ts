/**
 * A process that owns an embedded server, for tests that end it in every way a process can end.
 * Usage: node --import tsx owner-process.ts <dataDir> [uid gid]
 * Prints one JSON line when the server accepts connections ({ url }) or could not be started ({ refusal }). On SIGTERM
 * and SIGINT it asks the server one more question, prints the answer ({ lastAnswer }), stops the server and ends.
 */
import { Client } from 'pg';
import { EmbeddedServer, EmbeddedServerError } from '../../../src/database/embedded/embedded-server';

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function main(dataDir: string, uid?: string, gid?: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) {
    // After the modules are loaded, because the user may not be allowed to read the checkout.
    process.setgroups?.([]);
    process.setgid?.(Number(gid));
    process.setuid?.(Number(uid));
  }
  const silent = (): void => undefined;
  const server = await EmbeddedServer.start({ dataDir, log: { info: silent, warn: silent, error: silent } });

  const idle = setInterval(silent, 60_000);
  const end = async (): Promise<void> => {
    const client = new Client(server.connectionString);
    await client.connect();
    const { rows } = await client.query<{ answer: number }>('select 42 as answer');
    await client.end();
    await server.stop();
    clearInterval(idle);
    say({ lastAnswer: rows[0]?.answer });
  };
  process.once('SIGTERM', () => void end());
  process.once('SIGINT', () => void end());
  say({ url: server.connectionString });
}

const [dataDir = '', uid, gid] = process.argv.slice(2);
main(dataDir, uid, gid).catch((error: unknown) => {
  if (!(error instanceof EmbeddedServerError)) throw error;
  say({ refusal: error.message });
  process.exitCode = 1;
});
