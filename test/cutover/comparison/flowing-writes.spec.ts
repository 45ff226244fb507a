import { Comparison } from '../../../src/cutover/comparison/comparison';
import { DEFAULT_GATE_LIMITS } from '../../../src/cutover/comparison/gates';
import { reviewedRules } from '../../../src/cutover/comparison/rules/reviewed-rules';
import type { AnsweredPair } from '../../../src/cutover/comparison/exchange-observer';
import { eventually } from '../../../harness/eventually';
import { journalDirectory } from '../../../harness/journal-directory';
import { startReference, type Reference } from '../../../harness/reference';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { startTestApp, type TestApp } from '../../support/test-app';
import { keepWriting } from '../support/clients';
import { gatewayOptions, TestGateway } from '../support/test-gateway';

const READS = 3000;
const ROUTES = ['GET /api/collections', 'GET /api/collections/{collection_id}', 'GET /api/locations', 'GET /api/analytics'];

describeWithReference('while clients write without a pause', () => {
  const cluster = useCluster();

  describe('', () => {
    let blue: Reference;
    let green: TestApp;
    let journal: Awaited<ReturnType<typeof journalDirectory>>;
    let comparison: Comparison;
    let differing: AnsweredPair[];
    let through: TestGateway;

    beforeEach(async () => {
      [blue, green, journal] = await Promise.all([
        startReference(),
        cluster().createDatabase().then(startTestApp),
        journalDirectory(),
      ]);
      differing = [];
      comparison = new Comparison({
        rules: reviewedRules({ untyped: false }),
        limits: { ...DEFAULT_GATE_LIMITS, comparisons: 100, p95Ratio: 100 },
        kept: { keep: (pair) => differing.push(pair) },
      });
      const options = { ...gatewayOptions(blue.url, green.url, journal.path), sideTimeout: 30_000, patience: 30_000 };
      const judge = {
        beginPhase: comparison.beginPhase.bind(comparison),
        gates: () => comparison.judge(),
        worstCase: { milliseconds: 0, sentence: '' },
      };
      through = await TestGateway.start({ ...options, sample: 1, observer: comparison, judge });
    });
    afterEach(async () => {
      await through.close();
      await green.close();
      await blue.stop();
      await journal.remove();
    });

    /** Reads of every kind, of rows old and new. */
    async function read(count: number, clients = 4): Promise<void> {
      let left = count;
      const run = async () => {
        for (; left > 0; left--) {
          const id = 1 + Math.floor(Math.random() * (left % 7 === 0 ? 2000 : 40));
          const paths = [`collections/${id}`, `collections/${id}`, 'collections', 'locations', 'analytics', 'nothing'];
          const answer = await fetch(`${through.url}/api/${paths[left % paths.length]}`);
          await answer.arrayBuffer();
        }
      };
      await Promise.all(Array.from({ length: clients }, run));
    }

    it.each(['shadow', 'green'] as const)(
      'in %s most of the reads are compared, on every route, and none differs for it',
      async (phase) => {
        await through.shadow();
        if (phase === 'green') await through.gateway.phases.change('green', { acceptInconclusive: true });
        const before = { ...through.gateway.samples };
        const writing = keepWriting(through.url, 3);
        await read(READS);
        await writing.stop();
        // Those that waited for a quieter moment.
        const { samples } = through.gateway;
        await eventually(() => {
          const { sampled, compared, between, unanswered } = samples;
          expect(compared + between + unanswered).toBe(sampled);
        });
        expect(differing).toEqual([]);
        const sampled = samples.sampled - before.sampled;
        const compared = samples.compared - before.compared;
        const routes = comparison.toJSON().phases.at(-1)!.statistics;
        const byRoute = ROUTES.map((route) => `${route}: ${routes[route]!.pairs.equal} of ${routes[route]!.asked}`);
        process.stderr.write(`${phase}: ${compared} of ${sampled} sampled, ${READS} asked\n  ${byRoute.join('\n  ')}\n`);
        expect(sampled).toBeGreaterThan(READS * 0.9);
        expect(compared).toBeGreaterThan(sampled * 0.6);
        expect(comparison.judge().gates[0]).toMatchObject({ gate: 'differences', verdict: 'pass' });
      },
      180_000,
    );
  });
});
