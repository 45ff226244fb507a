import { resolve } from 'node:path';
import { useCluster } from '../support/clusters';
import { runCampaign, type CampaignOptions, type Counts } from './connections/campaign';
import { scriptText } from './connections/script';
import { FAMILY_NAMES, makeScript } from './connections/scripts/scripts';
import { SHORT_SETTINGS, startOwnServer } from './connections/server-for-fuzz';

const PLANTED = resolve(__dirname, 'connections/planted-faults.cjs');

const OPTIONS: Omit<CampaignOptions, 'numbers'> = {
  seed: 1,
  seconds: 120,
  concurrency: { quick: 24, waiting: 48, heavy: 2 },
  budget: 512 << 20,
  patience: 20_000,
  endWithin: 30_000,
  maxFailures: 1,
};

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('the fuzzer of raw connections', () => {
  const cluster = useCluster();

  async function campaign(
    options: Partial<CampaignOptions> & Pick<CampaignOptions, 'numbers'>,
    { settings = {}, rows = 2_000, nodeArguments = [] }: Partial<Parameters<typeof startOwnServer>[1]> = {},
  ): Promise<Counts> {
    const server = await startOwnServer(cluster(), {
      settings: { ...SHORT_SETTINGS, ...settings },
      rows,
      nodeArguments,
    });
    try {
      return await runCampaign(server, { ...OPTIONS, ...options });
    } finally {
      await server.stop();
    }
  }

  const told = ({ failures }: Counts) =>
    failures.map(({ kind, message, scripts }) => [`${kind}: ${message}`, ...scripts.map(scriptText)].join('\n'));

  it('makes the same connections of the same seed, each by its number alone', () => {
    const all = numbers(300).map((number) => makeScript(7, number));
    expect(makeScript(7, 123)).toEqual(all[123]);
    expect(makeScript(8, 123)).not.toEqual(all[123]);
    expect(new Set(numbers(3_000).map((number) => makeScript(7, number).family))).toEqual(new Set(FAMILY_NAMES));
  });

  it('finds nothing that harms the server or its other clients', async () => {
    const counts = await campaign({ numbers: numbers(2_000) });
    expect(told(counts)).toEqual([]);
    expect(counts.connections).toBe(2_000);
    expect(counts.bystander).toBeGreaterThan(50);
  }, 240_000);

  it('finds no list that is long enough to be sent in pieces among them, either', async () => {
    const families = new Set(['slow-reading', 'never-reading', 'closed-amid', 'connect']);
    const counts = await campaign({ numbers: numbers(300), families }, { rows: 25_000 });
    expect(told(counts)).toEqual([]);
  }, 240_000);

  it.each(['flood', 'echo'])(
    'finds that no %s makes the server swell or keeps it from its other clients',
    async (name) => {
      const counts = await campaign({ numbers: numbers(12), families: new Set([name]) });
      expect(told(counts)).toEqual([]);
    },
    240_000,
  );

  it.each([
    ['end', 'end', 'the server has ended'],
    ['hoard', 'memory', 'the budget is'],
    ['forget', 'answers|bystander', 'requests were answered|no answer'],
    ['swap', 'answers|bystander', '(is|is answered) (200|405) '],
    ['hold', 'answers|bystander|aftermath', 'has not ended the connection|still held|no answer'],
  ])(
    'notices a server that has the planted fault "%s"',
    async (fault, kind, message) => {
      const families = new Set(['pipeline', 'connect', 'silent']);
      const { failures } = await campaign(
        { numbers: numbers(600), families, patience: 10_000, endWithin: 15_000 },
        { settings: { PLANTED_FAULT: fault }, nodeArguments: ['--require', PLANTED] },
      );
      expect(failures).toHaveLength(1);
      expect(failures[0]!.kind).toMatch(new RegExp(`^(${kind})$`));
      expect(failures[0]!.message).toMatch(new RegExp(message));
    },
    120_000,
  );
});
