import { Journal } from '../../src/cutover/order/journal/journal';
import { JournalUnavailable } from '../../src/cutover/order/journal/turn';
import type { OutcomesRecord, WriteRecord } from '../../src/cutover/order/journal/record';
import type { FoundRecord } from '../../src/cutover/order/journal/segments';
import { Random } from './random';
import { SimulatedDisk } from './simulated-disk';
import { SimulatedProcess, SimulatedTime } from './simulated-time';

/** A digest as long as SHA-256 in base64, and ids of ten digits: no outcome is longer. */
const DIGEST = 'x'.repeat(44);
const LARGE = 2_147_483_647;

describe('a journal on a full disk', () => {
  it('refuses places, and keeps the outcome of each place that it gave', async () => {
    const time = new SimulatedTime();
    const disk = new SimulatedDisk(new Random(1));
    const first = new SimulatedProcess(time);
    const journal = await finished(
      time,
      opened(disk, first, () => undefined),
    );
    // Until there is a segment.
    await time.run(100);
    disk.capacity = disk.used;
    let places = 0;
    let refusal: unknown;
    while (refusal === undefined) {
      const placed = journal.place([{ record: write(places + 1), body: Buffer.from('body') }]);
      await finished(
        time,
        placed.then(
          () => places++,
          (error: unknown) => (refusal = error),
        ),
      );
    }
    expect(refusal).toBeInstanceOf(JournalUnavailable);
    expect(places).toBeGreaterThan(5);
    for (let place = 1; place <= places; place++) void journal.note(outcome(place));
    expect(await finished(time, journal.durable())).toBe(true);

    first.kill();
    disk.cutPower();
    const found: FoundRecord[] = [];
    await finished(
      time,
      opened(disk, new SimulatedProcess(time), (one) => void found.push(one)),
    );
    const outcomes = found.flatMap(({ record }) => (record.kind === 'outcomes' ? record.outcomes : []));
    expect(outcomes.map(({ place }) => place)).toEqual(Array.from({ length: places }, (_, index) => index + 1));
  });
});

async function opened(
  disk: SimulatedDisk,
  process: SimulatedProcess,
  onRecord: (found: FoundRecord) => void,
): Promise<Journal> {
  const options = { journal: 'a journal', segmentBytes: 16 << 10 };
  const journal = await Journal.open(disk.for(process), process, options, onRecord);
  // On a full disk there is nothing to go on in, and what is there is all that matters.
  if (disk.capacity === Infinity) await journal.secured;
  return journal;
}

async function finished<Value>(time: SimulatedTime, promise: Promise<Value>): Promise<Value> {
  let isDone = false;
  const watched = promise.finally(() => (isDone = true));
  if (!(await time.run(10_000, () => isDone))) throw new Error('it does not come to an end');
  return watched;
}

function write(place: number): WriteRecord {
  const route = { resource: 'collections', verb: 'create', id: null } as const;
  return { kind: 'write', place, at: 0, owner: 'blue', next: null, ...route, method: 'POST', target: '/', headers: [] };
}

/** Each with what was counted and found at the owner behind it, as after a lost answer. */
function outcome(place: number): OutcomesRecord {
  const of = { count: LARGE, next: { atLeast: LARGE, exact: false } };
  const row = { resource: 'collections', verb: 'create', id: LARGE } as const;
  return {
    kind: 'outcomes',
    outcomes: [{ place, ...row, kind: 'applied', status: null, digest: DIGEST }],
    counted: { collections: LARGE, locations: LARGE },
    found: { collections: of, locations: of },
  };
}
