import { Command } from 'commander';
import { asArgument, EXIT, EXIT_HELP, parseCount, timeoutOption } from '../command-line';
import { RESOURCES, rowCount } from '../sides/resource';
import { parseSideUrl, SideClient } from '../sides/side-client';
import type { Difference } from './differences';
import { verifySides, type Verification } from './verify';

interface VerifyOptions {
  left: URL;
  right: URL;
  show: number;
  timeout: number;
  json?: boolean;
}

/** Characters of a row that are printed. */
const SHOWN = 2000;

const HELP = `
Compared are the rows of /api/collections and /api/locations, byte for byte, and /api/analytics. The digest of a list is
that of its bytes: curl -s http://127.0.0.1:8000/api/collections | sha256sum
Nobody may write to either side meanwhile. The lists are kept in TMPDIR while they are compared.

  waste-cutover verify --left http://127.0.0.1:8000 --right http://127.0.0.1:8001
${EXIT_HELP}`;

/** The verb `verify`: proves that two sides hold the same. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Reads both sides whole and proves that they answer the same, or names what differs.')
    .requiredOption('--left <url>', 'one side: http://host:port', asArgument(parseSideUrl))
    .requiredOption('--right <url>', 'the other side', asArgument(parseSideUrl))
    .option('--show <count>', 'how many differing rows of each list to print', asArgument(parseCount), 10)
    .addOption(timeoutOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(runVerify);
}

async function runVerify({ left, right, show, timeout, json }: VerifyOptions): Promise<void> {
  const [one, other] = [new SideClient(left, timeout), new SideClient(right, timeout)];
  try {
    const verification = await verifySides(one, other, show);
    process.stdout.write(json ? `${JSON.stringify(verification)}\n` : textOf(verification));
    if (!verification.equal) process.exitCode = EXIT.failed;
  } finally {
    one.close();
    other.close();
  }
}

function textOf(verification: Verification): string {
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
  return `${lines.join('\n')}\n`;
}

function linesOf({ id, left, right }: Difference): string[] {
  const row = (text: string | undefined) => text?.slice(0, SHOWN) ?? 'has no such row';
  return [`  id ${id ?? 'unknown'}`, `    left   ${row(left)}`, `    right  ${row(right)}`];
}
