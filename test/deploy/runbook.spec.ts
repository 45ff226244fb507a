import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HAPROXY } from '../../harness/balancer';
import { ROOT } from '../../harness/build';
import { PYTHON } from '../../harness/reference';
import { describeWith } from '../support/describe-with';
import { missing } from '../support/missing';

const RUNBOOK = readFileSync(join(ROOT, 'docs/cutover.md'), 'utf8');

/** The blocks of a section that are for a shell. */
function blocksOf(heading: string): string {
  const section = RUNBOOK.split(/^#{2,3} /m).find((part) => part.startsWith(`${heading}\n`));
  const blocks = [...(section ?? '').matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  if (blocks.length === 0) throw new Error(`The runbook has no block under ${heading}`);
  return blocks.join('');
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const paste = (heading: string, block = blocksOf(heading)) => `paste ${quoted(heading)} ${quoted(block)}`;

/** What is different in this city: few comparisons, and servers of a busy machine. */
const HEAD = blocksOf('Before you paste').replace(
  /GATEWAY_OPTIONS=/,
  "GATEWAY_OPTIONS='--comparisons 20 --p95-ratio 1000 --sample 1 --gate-interval 1'",
);

const NO_MACHINE =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0
    ? undefined
    : 'unshare is not permitted: run the tests as root, where namespaces can be made';
const lacking =
  NO_MACHINE ??
  missing(HAPROXY, 'haproxy') ??
  missing('curl', 'curl') ??
  (existsSync(PYTHON) ? undefined : 'the old server is not installed: run test/reference/install.sh');

let machineProcess: ChildProcess | undefined;

/** Runs a script on a machine of its own, and gives what it says. */
async function onMachine(script: string): Promise<string> {
  const machine = readFileSync(join(ROOT, 'test/deploy/runbook/machine.sh'), 'utf8');
  const flags = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const program = spawn('unshare', [...flags, 'bash', '-c', `${machine}\n${script}`], {
    env: { PATH: process.env.PATH, CHECKOUT: ROOT, NODE: process.execPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  machineProcess = program;
  let words = '';
  const hear = (piece: Buffer) => (words += piece.toString());
  program.stdout.on('data', hear);
  program.stderr.on('data', hear);
  await once(program, 'close');
  return words;
}

/** A whole cutover, on a machine that may be busy. */
const LONG = 900_000;

describeWith(lacking, 'the runbook, pasted from top to bottom', () => {
  // With everything that runs on it.
  afterEach(() => machineProcess?.kill('SIGKILL'));

  test(
    'leads from the old server to the new one and back, with clients all the time',
    async () => {
      const words = await onMachine(
        [
          paste('Before you paste', HEAD),
          paste('1. Prepare'),
          paste('3. Put the balancer in front of blue'),
          'clients',
          paste('4. Start green on an empty database'),
          paste('5. Start the gateway and put it into the traffic'),
          paste('Restarting the gateway'),
          paste('6. Copy the data while traffic flows', blocksOf('6. Copy the data while traffic flows')),
          paste('7. Shadow'),
          'until_gates_pass',
          paste('8. Split'),
          'until_gates_pass',
          paste('9. Green'),
          'until_gates_pass',
          paste('Rolling back'),
          'until_gates_pass',
          paste('9. Green'),
          'until_gates_pass',
          'until_saved',
          paste('10. Done'),
          'end_clients',
          'logs',
        ].join('\n'),
      );
      const said = words.replace(/^-- [^]*$/m, '');
      const sections = said.split(/^== /m);
      const of = (heading: string) => sections.filter((section) => section.startsWith(`${heading}\n`)).at(-1);
      const failed = words.split('\n').filter((line) => /^(FAILED|NEVER|error:)/.test(line));
      expect({ failed, words: failed.length > 0 ? words : '' }).toEqual({ failed: [], words: '' });
      expect(of('5. Start the gateway and put it into the traffic')).toMatch(
        /^front gateway, gateway up, falls back to blue \(blue owns the writes\), under way: \d+ at the gateway, 0 past it$/m,
      );
      expect(of('9. Green')).toMatch(/^front gateway, gateway up, falls back to green \(green owns the writes\)/m);
      expect(of('Rolling back')).toMatch(/^front gateway, gateway up, falls back to blue \(blue owns the writes\)/m);
      expect(of('10. Done')).toMatch(/^front green, /m);
      const { lost, answered, statuses } = JSON.parse(/^clients: (.*)$/m.exec(words)![1]!) as Record<string, unknown>;
      expect({ lost, answered }).toEqual({ lost: [], answered: true });
      // While the gateway was restarted, and nothing else; HAProxy may close a connection with such an answer.
      const meant = ['503', 'UND_ERR_SOCKET'];
      expect(Object.keys(statuses as object).filter((status) => !meant.includes(status))).toEqual([]);
    },
    LONG,
  );
});
