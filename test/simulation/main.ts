import { parseArgs } from 'node:util';
import { describe, scheduleOf } from './schedule';
import { shrink, simulate } from './simulate';

// npm run simulate -- --seed N --count M: runs the schedules of the seeds N … N+M−1, and shows the first that goes wrong.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '10000' },
    log: { type: 'boolean', default: false },
    /** Go on after a violation, and say at the end how many schedules had one. */
    all: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const first = Number(values.seed);
  const count = Number(values.count);
  const started = performance.now();
  let wrong = 0;
  for (let seed = first; seed < first + count; seed++) {
    const actions = scheduleOf(seed);
    const { violations, log } = await simulate(seed, actions);
    if (values.log) console.log(log.join('\n'));
    if (violations.length > 0) {
      wrong++;
      console.log(`seed ${seed}: ${violations.slice(0, 3).join('; ')}`);
      if (!values.all) {
        const fewer = await shrink(seed, actions);
        const again = await simulate(seed, fewer);
        console.log(`\nshrunk to ${fewer.length} of ${actions.length} actions:\n${describe(fewer)}\n`);
        console.log(`${again.log.join('\n')}\n\n${again.violations.join('\n')}`);
        return 1;
      }
    }
    const done = seed - first + 1;
    if (done % 1000 === 0) console.log(`${done} schedules, ${rate(done, started)}`);
  }
  console.log(`${count} schedules from seed ${first}, ${wrong} with violations, ${rate(count, started)}`);
  return wrong === 0 ? 0 : 1;
}

function rate(done: number, started: number): string {
  return `${((done * 1000) / (performance.now() - started)).toFixed(0)} a second`;
}

void main().then((code) => (process.exitCode = code));
