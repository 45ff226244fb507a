import { Command } from 'commander';
import { asArgument, EXIT, UsageError, valued } from '../../../command-line';
import { EXIT_HELP, timeoutOption } from '../command-line';
import { HeldWrites, withGatewayRead, type GatewayReadOptions } from '../../control/held-writes';
import { RESOURCES, rowCount } from '../../traffic/resource';
import { sideAt } from '../../sides/side-list';
import { serverUrl, wholeNumber } from '../../../settings/option-values';
import type { Difference } from './differences';
import { verifySides, type Verification } from './verify';

/** With the place of the gateway's order at which the sides were read, if a gateway held it. */
interface PlacedVerification extends Verification {
  readonly place?: number;
}

interface VerifyOptions extends GatewayReadOptions {
  left?: URL;
  right?: URL;
  show: number;
  timeout: number;
  json?: boolean;
}

/** Characters of a row that are printed. */
const SHOWN = 2000;

const HELP = `
Compared are the rows of /api/collections and /api/locations, byte for byte, and /api/analytics. The digest of a list is
that of its bytes: curl -s http://127.0.0.1:8000/api/collections | sha256sum
Nobody may write to either side meanwhile; with --gateway, writes are held back at a place of the order where both sides are
level, until both were read. The lists are kept in TMPDIR while they are compared.

  waste-cutover verify --left http://127.0.0.1:8000 --right http://127.0.0.1:8001
  waste-cutover verify --gateway http://127.0.0.1:9100
${EXIT_HELP}`;

/** The verb `verify`: proves that two sides hold the same. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('Reads both sides whole and proves that they answer the same, or names what differs.')
    .option('--left <url>', 'one side: http://host:port', asArgument(serverUrl))
    .option('--right <url>', 'the other side', asArgument(serverUrl))
    .addOption(valued('--show <count>', 'how many differing rows of each list to print', wholeNumber(), '10'))
    .addOption(timeoutOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP);
  return withGatewayRead(command).action(runVerify);
}

async function runVerify(options: VerifyOptions): Promise<void> {
  const { left, right, gateway, json } = options;
  if ((gateway === undefined) === (left === undefined || right === undefined) || (gateway && (left ?? right))) {
    throw new UsageError('say what to compare: --left URL and --right URL, or --gateway URL');
  }
  const verification: PlacedVerification = await (left && right ? compare(left, right, options) : compareHeld(options));
  process.stdout.write(json ? `${JSON.stringify(verification)}\n` : textOf(verification));
  if (!verification.equal) process.exitCode = EXIT.failed;
}

async function compare(left: URL, right: URL, { timeout, show }: VerifyOptions): Promise<Verification> {
  const [one, other] = [sideAt(left, timeout), sideAt(right, timeout)];
  try {
    return await verifySides(one, other, show);
  } finally {
    one.close();
    other.close();
  }
}

/** At one place of the gateway's order. @throws ControlError if writes went on before both sides were read */
async function compareHeld(options: VerifyOptions): Promise<PlacedVerification> {
  const held = await HeldWrites.begin('verify', options);
  try {
    const verification = await compare(held.blue, held.green, options);
    await held.end();
    return { ...verification, place: held.place };
  } finally {
    await held.abandon();
  }
}

function textOf(verification: PlacedVerification): string {
  const lines: string[] = [];
  for (const resource of RESOURCES) {
    const { equal, left, right, differing, differences } = verification[resource];
    lines.push(`${resource}: ${equal ? 'equal' : differing === 1 ? '1 row differs' : `${differing} rows differ`}`);
    lines.push(
      `  left   ${rowCount(left.rows)}, SHA-256 ${left.sha256}`,
      `  right  ${rowCount(right.rows)}, SHA-256 ${right.sha256}`,
    );
    lines.push(...differences.flatMap(linesOf));
    if (differing > differences.length) lines.push(`  … and ${differing - differences.length} more`);
  }
  const { equal, left, right } = verification.analytics;
  lines.push(`analytics: ${equal ? 'equal' : 'different'}`);
  if (!equal) lines.push(`  left   ${left}`, `  right  ${right}`);
  if (verification.place !== undefined) {
    lines.push(`place ${verification.place}: ${verification.equal ? 'both sides are equal' : 'the sides differ'}`);
  }
  return `${lines.join('\n')}\n`;
}

function linesOf({ id, left, right }: Difference): string[] {
  const row = (text: string | undefined) => text?.slice(0, SHOWN) ?? 'has no such row';
  return [`  id ${id ?? 'unknown'}`, `    left   ${row(left)}`, `    right  ${row(right)}`];
}
