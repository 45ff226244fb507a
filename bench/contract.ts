import 'reflect-metadata';
import { Command } from 'commander';
import { demandFreshBuild } from '../harness/build';
import { StartError } from '../harness/start-error';
import { BenchError } from './bench-error';
import { collectionBodies } from './bodies';
import { built } from './built';
import { echoThroughDto } from './collection-dto';
import { wholeNumber } from './options';
import { spreadOf, type Spread } from './statistics';

const BODIES = 1000;
const WARM_UP_PASSES = 30;
/** Passes over all bodies in one round. */
const PASSES = 20;

interface Way {
  readonly name: string;
  /** Handles every body once. */
  readonly pass: () => Promise<void> | void;
}

/** CPU time of the process for one body, in microseconds, over `passes` passes. */
async function cpuPerBody({ pass }: Way, passes: number): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < passes; n += 1) await pass();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (passes * BODIES);
}

function contractWays(bodies: readonly Buffer[]): { ways: Way[]; ordinaryShare: number } {
  const { modelOf } = built('contract') as typeof import('../src/contract');
  const { fieldsOf } = built('contract/fields/field') as typeof import('../src/contract/fields/field');
  const { ordinaryReader } = built('contract/fields/ordinary') as typeof import('../src/contract/fields/ordinary');
  const { writeJson } = built('contract/json/writer') as typeof import('../src/contract/json/writer');
  const { Collection } = built('collections/collection.model') as typeof import('../src/collections/collection.model');

  const model = modelOf(Collection);
  const echo = (body: Buffer): string => {
    const result = model.read(body, 'application/json');
    if (result.kind !== 'model') throw new BenchError(`an ordinary body was not taken: ${body.toString()}`);
    const { collected_date, ...others } = result.model;
    return writeJson({ ...others, collected_date: collected_date.toString() });
  };
  const isOrdinary = ordinaryReader(Collection, fieldsOf(Collection));
  // White space before the brace is legal JSON that the native path leaves to the exact reader.
  const exactly = bodies.map((body) => Buffer.concat([Buffer.from(' '), body]));
  const through = (items: readonly Buffer[]) => () => items.forEach(echo);
  return {
    ways: [
      { name: 'this contract', pass: through(bodies) },
      { name: 'this contract, reading alone', pass: () => bodies.forEach((b) => model.read(b, 'application/json')) },
      { name: 'this contract, exact path', pass: through(exactly) },
    ],
    ordinaryShare: bodies.filter((body) => isOrdinary(body) !== undefined).length / bodies.length,
  };
}

/** The cost of every way, in rounds that take turns so that a disturbance meets all of them. */
async function measure(ways: readonly Way[], rounds: number): Promise<Map<string, Spread>> {
  const costs = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (const way of ways) await cpuPerBody(way, WARM_UP_PASSES);
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) costs.get(way.name)?.push(await cpuPerBody(way, PASSES));
    process.stderr.write(`round ${round + 1}/${rounds}\n`);
  }
  return new Map([...costs].map(([name, values]) => [name, spreadOf(values)]));
}

async function main(rounds: number): Promise<void> {
  demandFreshBuild();
  const bodies = collectionBodies(BODIES).map((body) => Buffer.from(JSON.stringify(body)));
  const { ways, ordinaryShare } = contractWays(bodies);
  const dto: Way = {
    name: 'class-transformer and class-validator',
    pass: async () => {
      for (const body of bodies) await echoThroughDto(body);
    },
  };
  const costs = await measure([...ways, dto], rounds);
  const length = Math.round(bodies.reduce((sum, body) => sum + body.length, 0) / BODIES);
  process.stdout.write(`CPU in µs to read, validate and write one collection of ${length} bytes (mean), warm:\n\n`);
  for (const [name, { median, low, high }] of costs) {
    const figures = [median, low, high].map((value) => value.toFixed(2).padStart(7));
    process.stdout.write(`${name.padEnd(40)} median${figures[0]}   least${figures[1]}   most${figures[2]}\n`);
  }
  process.stdout.write(`\n${(ordinaryShare * 100).toFixed(1)} % of the bodies took the fast path.\n`);
}

const command = new Command('bench:contract')
  .description('Measures what the contract costs a request body, beside a usual DTO. It needs "npm run build".')
  .option('--rounds <number>', 'how many rounds to take the median of', wholeNumber(1, 1000), 9)
  .addHelpText('after', '\nExit codes: 0 measured, 1 could not measure, 2 wrong use.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

main(command.opts<{ rounds: number }>().rounds).catch((error: unknown) => {
  if (!(error instanceof BenchError || error instanceof StartError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
});
