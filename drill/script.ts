import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection, json } from '../harness/samples';
import { fillWithRows } from './first-rows';
import { Rehearsal, type RehearsalOptions, type RehearsalResult } from './rehearsal';
import { DrillError, Stage } from './stage';

/** Of everything that runs here on a few cores; in a city's network the defaults are right. */
const GATEWAY = [
  '--sticky-by',
  'header:x-client',
  '--sample',
  '0.5',
  '--comparisons',
  '300',
  '--route-comparisons',
  '10',
  '--p95-ratio',
  '50',
];
/** Milliseconds that something killed stays away. */
const AWAY = 1500;

const seconds = (value: number) => `${value.toFixed(1)} s`;

/** Rehearses a whole cutover under load, with everything that may be killed killed, and proves that nothing was lost. */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalResult> {
  const stage = await Stage.set(options.untyped, options.untyped ? GATEWAY : [...GATEWAY, '--typed-blue']);
  const rehearsal = new Rehearsal(stage, options);
  try {
    await fillWithRows(stage.blue.url);
    await rehearsal.fix(stage.blue.url);
    await stage.gateway.start();
    const load = rehearsal.traffic();
    try {
      await copyAndShadow(rehearsal);
      if (options.untyped) await refuseAValue(rehearsal);
      await shift(rehearsal);
      await switchOver(rehearsal);
      await rollBackAndForth(rehearsal);
      await rehearsal.step('traffic goes on until the gates pass', async () => {
        await rehearsal.until('there were enough requests', async () => {
          const { gates } = await stage.gateway.status();
          return gates.verdict === 'pass' && rehearsal.tally.requests >= options.requests;
        });
        return `${rehearsal.tally.requests} requests so far`;
      });
    } finally {
      await load.stop();
    }
    return await finish(rehearsal);
  } finally {
    await stage.clear();
  }
}

async function copyAndShadow(rehearsal: Rehearsal): Promise<void> {
  const { stage, tally } = rehearsal;
  await rehearsal.step('phase blue: everything goes through the gateway', async () => {
    await rehearsal.watch();
    return `place ${(await stage.gateway.status()).place}`;
  });
  await rehearsal.step('import while traffic flows', async () => {
    const found = await rehearsal.verb('import', '--gateway', stage.gateway.control, '--json');
    const { outcome, collections } = JSON.parse(found) as { outcome: string; collections: { rows: number } };
    return `${outcome}, ${collections.rows} rows`;
  });
  await rehearsal.step('phase shadow', async () => {
    await rehearsal.phase('shadow');
    const level = await rehearsal.level();
    await rehearsal.watch();
    return `level after ${seconds(level)}; ${await rehearsal.verify()}`;
  });
  await rehearsal.step("kill -9 of green's PostgreSQL", async () => {
    await stage.cluster.kill();
    await sleep(AWAY);
    const { behind } = await stage.gateway.status();
    await stage.cluster.start();
    return `${behind} writes behind, level again after ${seconds(await rehearsal.level())}`;
  });
  await rehearsal.step('kill -9 of the gateway', async () => {
    const over = tally.outage('the gateway');
    await stage.gateway.kill();
    const from = performance.now();
    await stage.gateway.start();
    await answers(rehearsal);
    const away = (performance.now() - from) / 1000;
    over();
    return `back after ${seconds(away)}, level after ${seconds(await rehearsal.level())}`;
  });
}

/** Resolves when the gateway takes writes again. */
function answers({ stage }: Rehearsal): Promise<unknown> {
  // Held back until what the last run left open is settled.
  return fetch(`${stage.gateway.url}/api/collections/1`, json('PUT', aCollection({ quantity: 'refused' })));
}

/** A value that only the old API takes. */
async function refuseAValue(rehearsal: Rehearsal): Promise<void> {
  const { gateway } = rehearsal.stage;
  await rehearsal.step('a value that green refuses', async () => {
    const url = `${gateway.url}/api/collections`;
    const created = await fetch(url, json('POST', aCollection({ waste_type: 'cardboard' })));
    const { id } = (await created.json()) as { id: number };
    await rehearsal.until('there is evidence', async () => (await gateway.status()).evidence.unaccepted === 1);
    const refused = await rehearsal.stage.verb('phase', 'split', '--percent', '25');
    if (refused.code !== 1 || !refused.stderr.includes('--accept-evidence 1')) {
      throw new DrillError(`a promotion should be refused for evidence: ${refused.stderr}`);
    }
    await fetch(`${url}/${id}`, { method: 'DELETE' });
    await rehearsal.phase('shadow', '--accept-evidence', '1');
    return `kept as evidence, promotion refused until it was accepted; ids stay level`;
  });
}

async function shift(rehearsal: Rehearsal): Promise<void> {
  const { stage } = rehearsal;
  await rehearsal.step('phase split: 25 %, then 50 % of the clients', async () => {
    await rehearsal.phase('shadow');
    await rehearsal.phase('split', '--percent', '25');
    await rehearsal.watch();
    await rehearsal.phase('split', '--percent', '50');
    return `from split 25 % to 50 % once its gates passed`;
  });
  await rehearsal.step('kill -9 of green, which answers reads', async () => {
    await stage.green.kill();
    const back = await rehearsal.until('the gates lead back to shadow', async () => {
      return (await stage.gateway.status()).phase === 'shadow';
    });
    await stage.green.start();
    return `back in shadow by itself after ${seconds(back)}, level after ${seconds(await rehearsal.level())}`;
  });
}

async function switchOver(rehearsal: Rehearsal): Promise<void> {
  const { stage } = rehearsal;
  await rehearsal.step('phase split 50 %, then green: the switch', async () => {
    await rehearsal.phase('shadow');
    await rehearsal.phase('split', '--percent', '50');
    await rehearsal.phase('green');
    await rehearsal.watch();
    return `the owner is ${(await stage.gateway.status()).owner}`;
  });
  await rehearsal.step('kill -9 of blue, which follows and forgets everything', async () => {
    await stage.blue.kill();
    await sleep(AWAY);
    await stage.blue.start();
    const level = await rehearsal.level();
    return `rebuilt and level after ${seconds(level)}; ${await rehearsal.verify()}`;
  });
}

async function rollBackAndForth(rehearsal: Rehearsal): Promise<void> {
  const { stage, tally } = rehearsal;
  await rehearsal.step('roll back: phase shadow', async () => {
    await rehearsal.phase('shadow');
    await rehearsal.watch();
    return `the owner is ${(await stage.gateway.status()).owner}; ${await rehearsal.verify()}`;
  });
  await rehearsal.step('the second switch: phase green', async () => {
    await rehearsal.phase('green');
    await rehearsal.watch();
    return `the owner is ${(await stage.gateway.status()).owner}`;
  });
  await rehearsal.step("kill -9 of green's PostgreSQL, which owns the writes", async () => {
    const over = tally.outage("green's PostgreSQL");
    await stage.cluster.kill();
    await sleep(AWAY);
    await stage.cluster.start();
    const back = await rehearsal.until('the gates lead back to shadow', async () => {
      return (await stage.gateway.status()).phase === 'shadow';
    });
    over();
    return `back in shadow by itself ${seconds(back)} after it was there again; level after ${seconds(await rehearsal.level())}`;
  });
  await rehearsal.step('the third switch: phase green', async () => {
    await rehearsal.phase('shadow');
    await rehearsal.phase('green');
    await rehearsal.watch();
    return `the owner is ${(await stage.gateway.status()).owner}`;
  });
}

/** After the last client: both sides are compared, then green is alone. */
async function finish(rehearsal: Rehearsal): Promise<RehearsalResult> {
  const { stage } = rehearsal;
  let equal = false;
  await rehearsal.step('both sides compared, the next ids included', async () => {
    const last = aCollection({ location: 'the last', quantity: 0.5 });
    const text = await (await fetch(`${stage.gateway.url}/api/collections`, json('POST', last))).text();
    rehearsal.fixed.set((JSON.parse(text) as { id: number }).id, text);
    await rehearsal.level();
    const verified = await rehearsal.verify();
    equal = true;
    return verified;
  });
  const result = await rehearsal.result(equal);
  await rehearsal.step('phase done', async () => {
    await rehearsal.phase('done');
    return 'green is alone';
  });
  return result;
}
