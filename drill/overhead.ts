import { setTimeout as sleep } from 'node:timers/promises';
import { spreadOf, type Spread } from '../bench/statistics';
import { table } from '../bench/report/table';
import { aCollection, json } from '../harness/samples';
import { fillWithRows } from './first-rows';
import { Load } from './load';
import { Rehearsal } from './rehearsal';
import { Actor, DrillError, Stage } from './stage';
import { Tally, type Kind, type StepTally } from './tally';
import { textsOf } from './texts';

const ROUNDS = 5;
const ROUND_MS = 3000;
const CLIENTS = 8;
const WRITERS = 32;
const SHADOW_MS = 10_000;
const QUANTILES = { P50: 0.5, P95: 0.95 } as const;

/** What the gateway costs. */
export interface Overhead {
  /** Times with the gateway, of those without it, by kind of request and quantile. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** Writes a second that both sides had in phase shadow, from the first to the follower's last. */
  readonly shadowWrites: number;
  /** Creates only: they go to a side one at a time. */
  readonly shadowCreates: number;
}

/** Measures an old API with the gateway before it beside another one without, in turns, and then writes in phase shadow. */
export async function measureOverhead(say: (line: string) => void): Promise<Overhead> {
  say('measuring what the gateway costs');
  const stage = await Stage.set(true, []);
  const direct = await Actor.reference(true);
  try {
    await fillWithRows(direct.url);
    await fillWithRows(stage.blue.url);
    await stage.gateway.start();
    const ratios = await rounds(direct.url, stage.gateway.url);
    const rehearsal = new Rehearsal(stage, { untyped: true, clients: WRITERS, pace: 0, requests: 0, watch: 0, say });
    await rehearsal.verb('import', '--gateway', stage.gateway.control);
    await rehearsal.phase('shadow');
    return { ratios, shadowWrites: await sustained(rehearsal), shadowCreates: await creates(rehearsal) };
  } finally {
    await direct.kill();
    await stage.clear();
  }
}

async function rounds(direct: string, through: string): Promise<Record<string, Spread>> {
  const ratios: Record<string, number[]> = {};
  // Both were given the same.
  const fixed = textsOf(await (await fetch(`${direct}/api/collections`)).text());
  for (let round = 0; round < ROUNDS; round++) {
    const first = await load(direct, `direct ${round}`, fixed);
    const second = await load(through, `through ${round}`, fixed);
    for (const kind of ['read', 'write'] as const satisfies Kind[]) {
      for (const [name, quantile] of Object.entries(QUANTILES)) {
        const [without, with_] = [first, second].map(({ latencies }) => latencies[kind].quantile(quantile) ?? NaN);
        (ratios[`${kind} ${name}`] ??= []).push((with_ ?? NaN) / (without ?? NaN));
      }
    }
  }
  return Object.fromEntries(Object.entries(ratios).map(([name, values]) => [name, spreadOf(values)]));
}

async function load(url: string, name: string, fixed: ReadonlyMap<number, string>): Promise<StepTally> {
  const tally = new Tally();
  const counted = tally.begin(name);
  const clients = new Load({ url, name, clients: CLIENTS, pace: 0, tally, fixed });
  await sleep(ROUND_MS);
  await clients.stop();
  const [wrong] = [...tally.wrong, ...tally.failures.map(({ what }) => what)];
  if (wrong !== undefined) throw new DrillError(`the measurement is void: ${wrong}`);
  return counted;
}

/** Writes a second, until the follower has them all. */
async function sustained(rehearsal: Rehearsal): Promise<number> {
  const tally = new Tally();
  const counted = tally.begin('writes in shadow');
  const { url } = rehearsal.stage.gateway;
  const from = performance.now();
  const clients = new Load({ url, name: 'writer', clients: WRITERS, pace: 0, tally, fixed: new Map(), writes: 1 });
  await sleep(SHADOW_MS);
  await clients.stop();
  await rehearsal.level();
  return counted.requests / ((performance.now() - from) / 1000);
}

async function creates(rehearsal: Rehearsal): Promise<number> {
  const { url } = rehearsal.stage.gateway;
  const from = performance.now();
  const isOver = () => performance.now() - from > SHADOW_MS;
  const one = async (writer: number): Promise<number> => {
    let made = 0;
    for (; !isOver(); made++) {
      const body = aCollection({ location: `creator ${writer}/${made}` });
      const answer = await fetch(`${url}/api/collections`, json('POST', body));
      if (answer.status !== 200) throw new DrillError(`a create is answered ${answer.status}`);
      await answer.arrayBuffer();
    }
    return made;
  };
  const made = await Promise.all(Array.from({ length: WRITERS }, (_, writer) => one(writer)));
  await rehearsal.level();
  return made.reduce((sum, count) => sum + count, 0) / ((performance.now() - from) / 1000);
}

/** The figures as a person reads them. */
export function overheadText({ ratios, shadowWrites, shadowCreates }: Overhead): string {
  const rows = Object.entries(ratios).map(([name, { median, low, high }]) => {
    return [name, `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`];
  });
  return [
    '## What the gateway costs',
    `${CLIENTS} clients, ${ROUNDS} rounds of ${ROUND_MS / 1000} s with and without it in turns; the median of the ratios, the least and the greatest.`,
    table(['time with it / without it', 'ratio'], rows),
    `In phase shadow ${WRITERS} clients were answered ${shadowWrites.toFixed(0)} writes a second (half of them creates), and ${shadowCreates.toFixed(0)} creates a second alone, until the follower had the last one.`,
  ].join('\n\n');
}
