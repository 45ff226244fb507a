import { randomInt } from 'node:crypto';
import { describeWithReference } from '../reference/describe-with-reference';
import { type Reference, startReference } from '../../harness/reference';
import { useCluster } from '../support/clusters';
import { ServerProcess } from '../../harness/server-process';
import { type Finding, runCampaign } from './campaign';
import { findingText } from './report';
import { openReset, type ResetChoice } from './resets';
import { Side } from './side';

const EXCHANGES = 5_000;

/** FUZZ_SEED repeats a run. */
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

describeWithReference('fresh exchanges', () => {
  const cluster = useCluster();

  describe('', () => {
    let reference: Reference;
    let server: ServerProcess;
    let databaseUrl: string;

    beforeAll(async () => {
      databaseUrl = await cluster().createDatabase();
      [reference, server] = await Promise.all([startReference(), ServerProcess.start({ DATABASE_URL: databaseUrl })]);
    });

    afterAll(() => Promise.all([reference.stop(), server.stop()]));

    async function withSide<Result>(url: string, choice: ResetChoice, use: (side: Side) => Promise<Result>) {
      const reset = await openReset(url, choice);
      const side = new Side(url, reset.empty);
      try {
        return await use(side);
      } finally {
        side.close();
        await reset.end();
      }
    }

    it(`are answered by this server as by the old one (FUZZ_SEED=${SEED})`, async () => {
      process.stderr.write(`fuzzing with FUZZ_SEED=${SEED}\n`);
      const findings: Finding[] = [];
      const counts = await withSide(reference.url, { reset: reference.resetUrl, yesDestroyData: false }, (left) =>
        withSide(server.url, { resetDatabase: databaseUrl, yesDestroyData: true }, (right) =>
          runCampaign({
            seed: SEED,
            exchanges: EXCHANGES,
            first: 0,
            left,
            right,
            keep: 1,
            maxDifferences: 5,
            onFinding: (finding) => findings.push(finding),
          }),
        ),
      );
      expect(findings.map(findingText)).toEqual([]);
      expect(counts.exchanges).toBeGreaterThanOrEqual(EXCHANGES);
    }, 240_000);
  });
});
