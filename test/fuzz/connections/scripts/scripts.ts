import { Random } from '../../random';
import type { Pace, Script } from '../script';
import { connectScript, expectScript, foreignScript, upgradeScript } from './protocols';
import { echoScript, floodScript, neverReadingScript, slowReadingScript } from './loads';
import { closedAmidScript, oddScript, silentScript, slowWritingScript, unsentBodyScript } from './partial';
import { pipelineScript } from './pipelines';

/** A script without its number and name; quick unless it says otherwise. */
export type Draft = Omit<Script, 'number' | 'family' | 'pace'> & { readonly pace?: Pace };

/** Each kind of script with how often it comes, in a thousand. */
const FAMILIES: Readonly<Record<string, readonly [weight: number, draft: (random: Random, tag: string) => Draft]>> = {
  pipeline: [300, pipelineScript],
  connect: [120, connectScript],
  upgrade: [50, upgradeScript],
  'closed-amid': [150, closedAmidScript],
  odd: [200, oddScript],
  foreign: [40, foreignScript],
  expect: [40, expectScript],
  'slow-writing': [20, slowWritingScript],
  'slow-reading': [40, slowReadingScript],
  'never-reading': [4, neverReadingScript],
  'unsent-body': [14, unsentBodyScript],
  silent: [4, silentScript],
  flood: [2, floodScript],
  echo: [2, echoScript],
};

export const FAMILY_NAMES: readonly string[] = Object.keys(FAMILIES);

/** Script `number` of a seed, of one of the given kinds. */
export function makeScript(
  seed: number,
  number: number,
  families: ReadonlySet<string> = new Set(FAMILY_NAMES),
): Script {
  const random = new Random(seed, number);
  const chosen = Object.entries(FAMILIES).filter(([name]) => families.has(name));
  const family = random.weighted(
    ...chosen.map(([name, [weight]]): readonly [number, () => string] => [weight, () => name]),
  );
  return { number, family, pace: 'quick', ...FAMILIES[family]![1](random, `${seed}-${number}`) };
}
