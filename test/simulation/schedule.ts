import type { Resource, Verb } from '../../src/cutover/order/nouns';
import type { PhaseName } from '../../src/cutover/traffic/phase';
import { Random } from './random';
import type { Quirk } from './simulated-api';

/** Something that happens at a time, in milliseconds since the start. */
export type Action = { readonly at: number } & (
  | {
      readonly kind: 'write';
      readonly client: number;
      readonly verb: Verb;
      readonly resource: Resource;
      /** Which of the known rows, from 0 to 1; or one that there is not. */
      readonly row: number;
      readonly quirk: Quirk;
      readonly bytes: number;
    }
  | { readonly kind: 'read'; readonly client: number }
  | { readonly kind: 'step'; readonly to: PhaseName; readonly abandon: boolean }
  | { readonly kind: 'import' }
  | { readonly kind: 'rebuild' }
  | { readonly kind: 'green reset' }
  | { readonly kind: 'green stranger' }
  /** An import straight into green's database; its rows are written so many milliseconds after blue was read. */
  | { readonly kind: 'database import'; readonly milliseconds: number }
  | { readonly kind: 'blue 500'; readonly done: boolean }
  | {
      readonly kind:
        | 'kill'
        | 'power cut'
        | 'disk full'
        | 'sync fails'
        | 'write fails'
        | 'disk slow'
        | 'disk stalls'
        | 'blue restart'
        | 'blue hang'
        | 'blue cut'
        | 'green crash'
        | 'green cut'
        | 'green late'
        | 'green wipe';
      readonly milliseconds: number;
    }
);

type FaultKind =
  | Exclude<Extract<Action, { milliseconds: number }>['kind'], 'database import'>
  | 'blue 500'
  | 'green reset'
  | 'green stranger';

const FAULTS: readonly (readonly [FaultKind, number])[] = [
  ['kill', 4],
  ['power cut', 2],
  ['disk full', 2],
  ['sync fails', 1.5],
  ['write fails', 1],
  ['disk slow', 0.5],
  ['disk stalls', 0.5],
  ['blue restart', 1],
  ['blue hang', 1],
  ['blue cut', 3],
  ['blue 500', 1],
  ['green crash', 2],
  ['green cut', 2],
  ['green reset', 2],
  ['green late', 2.5],
  ['green wipe', 0.3],
  ['green stranger', 0.3],
];

const CLIENTS = 5;

/** What happens in one run. The same for the same seed. */
export function scheduleOf(seed: number): Action[] {
  const random = new Random(seed);
  const length = random.pick([1500, 4000, 9000]);
  const actions: Action[] = [...steps(random, length), ...faults(random, length)];
  const writes = random.between(10, 70);
  // Writes come in bursts, so that many share a turn.
  for (let count = 0; count < writes;) {
    const at = random.next() * length;
    for (let burst = random.between(1, 8); burst > 0 && count < writes; burst--, count++) {
      actions.push({ at: at + random.next() * 8, ...writeOf(random) });
    }
  }
  for (let count = random.between(0, 15); count > 0; count--) {
    actions.push({ at: random.next() * length, kind: 'read', client: random.between(0, CLIENTS - 1) });
  }
  return actions.sort((a, b) => a.at - b.at);
}

function writeOf(random: Random) {
  const what = random.weighed([
    [{ verb: 'create', resource: 'collections' }, 5],
    [{ verb: 'create', resource: 'locations' }, 1],
    [{ verb: 'replace', resource: 'collections' }, 3],
    [{ verb: 'delete', resource: 'collections' }, 2],
  ] as const);
  const isStored = what.resource === 'locations' ? 0.1 : 0.3;
  // A location that one side alone has can never be used up on the other.
  const isOdd = what.resource === 'locations' ? 0 : 0.4;
  return {
    kind: 'write',
    client: random.between(0, CLIENTS - 1),
    ...what,
    row: random.next(),
    quirk: random.weighed([
      ['fine', 40],
      ['bad', 2],
      ['green refuses', isOdd],
      ['blue refuses', isOdd],
      ['unrenderable', isStored],
    ] as const),
    bytes: random.weighed([
      [10, 20],
      [700, 2],
      [6000, 0.5],
    ] as const),
  } as const;
}

function steps(random: Random, length: number): Action[] {
  const actions: Action[] = [];
  const abandon = random.chance(0.3);
  let at = 5 + random.next() * length * 0.1;
  const add = (to: PhaseName) => {
    // An operator tries again until it works.
    for (let tries = random.between(1, 3); tries > 0; tries--) {
      actions.push({ at, kind: 'step', to, abandon });
      at += 50 + random.next() * length * 0.1;
    }
  };
  if (random.chance(0.1)) return actions;
  actions.push({ at, ...importOf(random) });
  at += 50 + random.next() * 200;
  for (const to of random.weighed<readonly PhaseName[]>([
    [['shadow'], 2],
    [['shadow', 'split'], 2],
    [['shadow', 'green'], 4],
    [['shadow', 'green', 'shadow'], 4],
    [['shadow', 'split', 'green', 'split', 'green'], 2],
    [['shadow', 'green', 'blue'], 1],
    [['shadow', 'blue'], 1],
    [['shadow', 'green', 'done'], 0.5],
  ])) {
    add(to);
    at += random.next() * length * 0.2;
  }
  if (random.chance(0.15)) actions.push({ at: random.next() * length, kind: 'rebuild' });
  if (random.chance(0.1)) actions.push({ at: random.next() * length, ...importOf(random) });
  return actions;
}

function importOf(random: Random) {
  if (random.chance(0.6)) return { kind: 'import' } as const;
  return { kind: 'database import', milliseconds: random.pick([1, 20, 400]) * random.next() } as const;
}

function faults(random: Random, length: number): Action[] {
  const actions: Action[] = [];
  for (
    let count = random.weighed([
      [0, 1],
      [1, 4],
      [2, 4],
      [4, 3],
      [7, 1],
    ] as const);
    count > 0;
    count--
  ) {
    const kind = random.weighed(FAULTS);
    const at = random.next() * length;
    if (kind === 'blue 500') actions.push({ at, kind, done: random.chance(0.5) });
    else if (kind === 'green reset' || kind === 'green stranger') actions.push({ at, kind });
    else actions.push({ at, kind, milliseconds: random.pick([20, 300, 2500, 6000]) * random.next() });
  }
  return actions;
}

/** One line an action, for people. */
export function describe(actions: readonly Action[]): string {
  return actions
    .map(({ at, kind, ...more }) => `  ${at.toFixed(1).padStart(8)} ms  ${kind} ${JSON.stringify(more)}`)
    .join('\n');
}
