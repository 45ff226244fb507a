import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sequencesOf } from '../../src/recordings/exchange';
import { readRecordings } from '../../src/recordings/files';
import { parseTarget } from '../../src/recordings/raw-http';
import { replay } from '../../src/recordings/replay';
import { describeWithReference } from './describe-with-reference';
import { startReference } from '../../harness/reference';

const RECORDINGS = join(__dirname, '..', 'contract', 'recordings');

/** The answers that are not the recorded ones, as `sequence n`; those of the old server's defects included. */
async function differingFrom(options: { untyped: boolean }): Promise<string[]> {
  const reference = await startReference(options);
  try {
    const report = await replay(sequencesOf(await readRecordings([RECORDINGS])), {
      target: parseTarget(reference.url),
      reset: () => fetch(reference.resetUrl, { method: 'POST' }),
    });
    expect(report.interrupted).toBeUndefined();
    return report.differing.map(({ exchange: { seq, n } }) => `${seq} ${n}`);
  } finally {
    await reference.stop();
  }
}

describeWithReference('the live reference', () => {
  // A redirect without a Host header names the server's own address and port.
  const own = 'divergent/no-host 1';

  it('answers every recorded request as the old server did', async () => {
    expect(await differingFrom({ untyped: false })).toEqual([own]);
  });

  it('differs in its untyped form in the listed exchanges and in no other', async () => {
    const lines = readFileSync(join(RECORDINGS, 'enum-differences.txt'), 'utf8').split('\n');
    const listed = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect((await differingFrom({ untyped: true })).sort()).toEqual([...new Set([...listed, own])].sort());
  });
});
