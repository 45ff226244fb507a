import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sequencesOf, type Exchange } from '../../src/recordings/exchange';
import { readRecordings } from '../../src/recordings/files';
import { replay, type ReplayReport } from '../../src/recordings/replay';
import { exchangeText } from '../../src/recordings/report';
import { DatabaseReset } from '../../src/recordings/reset-database';
import { describeWithReference } from '../reference/describe-with-reference';
import { startReference, type Reference } from '../../harness/reference';
import { useCluster } from '../support/clusters';
import { startFollowApp, type FollowApp } from '../follow/follow-app';
import { ReplayedGateway } from './support/replayed-gateway';

// Thousands of exchanges, each on both sides: a minute where nothing else runs, and several where much does.
jest.setTimeout(300_000);

const RECORDINGS = join(__dirname, '../contract/recordings');

/** The exchanges that the new API is documented to answer otherwise, as `sequence n`. */
const divergent = readFileSync(join(__dirname, '../contract/divergent-answers.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { seq: string; n: number })
  .map(nameOf);

/** A redirect for a client that names no host names the side's own address, which is another one each time. */
const namesNoHost = ({ request }: Exchange): boolean =>
  request.headers.some(([name, value]) => name.toLowerCase() === 'host' && value === null);

function nameOf({ seq, n }: { readonly seq: string; readonly n: number }): string {
  return `${seq} ${n}`;
}

describeWithReference('the recordings through the gateway', () => {
  const cluster = useCluster();
  let blue: Reference;
  let green: FollowApp;
  let reset: DatabaseReset;
  let exchanges: Exchange[];
  let gateway: ReplayedGateway;

  beforeAll(async () => {
    const database = await cluster().createDatabase();
    [blue, green] = await Promise.all([startReference(), startFollowApp(database)]);
    reset = await DatabaseReset.connect(database);
    exchanges = await readRecordings([RECORDINGS]);
  });
  afterEach(() => gateway.stop());
  afterAll(async () => {
    await reset.end();
    await green.close();
    await blue.stop();
  });

  const emptyBlue = () => fetch(blue.resetUrl).then((answer) => answer.body?.cancel());
  const emptyBoth = () => Promise.all([reset.reset(), emptyBlue()]);
  const addresses = () => ({ blue: blue.url, green });

  async function replayAll(): Promise<ReplayReport> {
    const report = await replay(sequencesOf(exchanges), { target: gateway.target, reset: () => gateway.reset() });
    expect(report.interrupted).toBeUndefined();
    const sent = [...report.categories.values()].reduce((sum, category) => sum + category.exchanges, 0);
    expect(sent).toBe(exchanges.length);
    return report;
  }

  it('in phase blue are answered with the recorded bytes, those of defects included', async () => {
    gateway = await ReplayedGateway.start(addresses(), emptyBlue);
    const { differing } = await replayAll();
    expect(differing.filter(({ exchange }) => !namesNoHost(exchange)).map(exchangeText)).toEqual([]);
  });

  it('in phase green are answered with the recorded bytes, but for what is documented', async () => {
    gateway = await ReplayedGateway.start(addresses(), emptyBoth, async (through) => {
      await through.shadow();
      await through.gateway.phases.change('green');
    });
    const { differing } = await replayAll();
    const meant = new Set(divergent);
    expect(differing.filter(({ exchange }) => !meant.has(nameOf(exchange))).map(exchangeText)).toEqual([]);
    expect(differing.map(({ exchange }) => nameOf(exchange))).toEqual(divergent);
  });
});
