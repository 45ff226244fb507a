import { Comparison } from '../../../src/cutover/comparison/comparison';
import type { AnsweredPair } from '../../../src/cutover/comparison/exchange-observer';
import { DEFAULT_GATE_LIMITS } from '../../../src/cutover/comparison/gates';
import { reviewedRules } from '../../../src/cutover/comparison/rules/reviewed-rules';
import { eventually } from '../../../harness/eventually';
import { journalDirectory } from '../../../harness/journal-directory';
import { startReference, type Reference } from '../../../harness/reference';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { startFollowApp, type FollowApp } from '../../follow/follow-app';
import { keepWriting } from '../support/clients';
import { gatewayOptions, TestGateway } from '../support/test-gateway';

const ROUTES = [
  'GET /api/collections',
  'GET /api/collections/{collection_id}',
  'GET /api/locations',
  'GET /api/analytics',
];
/** So many reads are asked at most, until each route has had its comparisons. */
const MOST_READS = 20_000;

describeWithReference('while clients write without a pause', () => {
  const cluster = useCluster();

  describe('', () => {
    let blue: Reference;
    let green: FollowApp;
    let journal: Awaited<ReturnType<typeof journalDirectory>>;
    let comparison: Comparison;
    let differing: AnsweredPair[];
    let through: TestGateway;

    beforeEach(async () => {
      const startGreen = async () => startFollowApp(await cluster().createDatabase());
      [blue, green, journal] = await Promise.all([startReference(), startGreen(), journalDirectory()]);
      differing = [];
      comparison = new Comparison({
        rules: reviewedRules({ untyped: false }),
        limits: { ...DEFAULT_GATE_LIMITS, comparisons: 300 },
        kept: { keep: (pair) => differing.push(pair) },
      });
      const judge = {
        beginPhase: comparison.beginPhase.bind(comparison),
        gates: () => comparison.judge(),
        worstCase: { milliseconds: 0, sentence: '' },
      };
      const options = { ...gatewayOptions(blue.url, green, journal.path), sideTimeout: 30_000, patience: 30_000 };
      through = await TestGateway.start({ ...options, sample: 1, observer: comparison, judge });
    });
    afterEach(async () => {
      await through.close();
      await green.close();
      await blue.stop();
      await journal.remove();
    });

    /** Reads of every kind, of rows old and new, until this holds. @returns how many */
    async function readUntil(holds: () => boolean): Promise<number> {
      let asked = 0;
      const run = async () => {
        while (!holds() && asked++ < MOST_READS) {
          const id = 1 + Math.floor(Math.random() * (asked % 7 === 0 ? 2000 : 40));
          const paths = [`collections/${id}`, `collections/${id}`, 'collections', 'locations', 'analytics', 'nothing'];
          const answer = await fetch(`${through.url}/api/${paths[asked % paths.length]}`);
          await answer.arrayBuffer();
        }
      };
      await Promise.all(Array.from({ length: 3 }, run));
      return asked;
    }

    it.each(['shadow', 'green'] as const)(
      'reads of every route are compared in %s, and none differs for it',
      async (phase) => {
        await through.shadow();
        if (phase === 'green') await through.gateway.phases.change('green', { acceptInconclusive: true });
        const writing = keepWriting(through.url, 2);
        const differences = () => comparison.judge().gates[0]!;
        await readUntil(() => differences().verdict !== 'inconclusive');
        await writing.stop();
        const { samples } = through.gateway;
        await eventually(() => expect(samples.compared + samples.between + samples.unanswered).toBe(samples.sampled));
        expect(differing).toEqual([]);
        expect(differences()).toMatchObject({ gate: 'differences', verdict: 'pass' });
        const { statistics } = comparison.toJSON().phases.at(-1)!;
        for (const route of ROUTES)
          expect([route, statistics[route]!.pairs.equal]).toEqual([route, expect.any(Number)]);
        // Sampled ones that nothing could be said about are the exception.
        expect(samples.compared).toBeGreaterThan(samples.between);
      },
      300_000,
    );
  });
});
