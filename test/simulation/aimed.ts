import type { PhaseName } from '../../src/cutover/traffic/phase';
import type { Random } from './random';
import type { Action } from './schedule';

type Write = Extract<Action, { kind: 'write' }>;

/** Schedules that come close to one danger each. Times vary a little, so that some of many meet it. */
export const AIMED: Readonly<Record<string, (random: Random) => Action[]>> = {
  'creates that got the ids of one that blue failed are found although a power cut took their outcomes': (random) => [
    ...inPhase('green'),
    { at: 485, kind: 'disk full', milliseconds: 5000 },
    { at: 530, kind: 'green cut', milliseconds: 5000 },
    { at: 600, kind: 'blue 500', done: false },
    ...[0, 1, 2].map((client) => create(1100 + 2 * client, client)),
    { at: 1900 + random.next() * 300, kind: 'power cut', milliseconds: 100 },
  ],

  'a create in doubt is found below the ids of those behind it': (random) => [
    ...inPhase('shadow'),
    // From then on creates go out together.
    create(450, 0),
    { at: 500, kind: 'blue 500', done: true },
    create(510, 0),
    create(510, 1),
    { at: 512 + random.next() * 3, kind: 'blue cut', milliseconds: 20_000 },
    { at: 600, kind: 'kill', milliseconds: 50 },
  ],

  'a row is not changed at the owner before it is durable that it was created': (random) => [
    ...inPhase('shadow'),
    { at: 500, kind: 'blue hang', milliseconds: 60 },
    create(501, 0),
    named(510, 1, random.pick(['replace', 'delete'])),
    { at: 561 + random.next() * 8, kind: 'power cut', milliseconds: 50 },
  ],

  'a row is not deleted at a following blue before it is durable that blue has it': (random) => [
    ...inPhase('green'),
    { at: 500, kind: 'blue hang', milliseconds: 60 },
    create(501, 0),
    named(510, 1, 'delete'),
    { at: 561 + random.next() * 8, kind: 'power cut', milliseconds: 50 },
  ],

  'a client reads what it wrote before a restart': (random) => [
    ...inPhase('split'),
    { at: 500, kind: 'green late', milliseconds: 1500 },
    create(510, 0),
    { at: 530 + random.next() * 50, kind: 'kill', milliseconds: 20 },
    { at: 590, kind: 'green late', milliseconds: 1500 },
    ...Array.from({ length: 20 }, (_, index): Action => ({ at: 600 + index * 20, kind: 'read', client: 0 })),
  ],

  'a write that comes while blue is made equal to a snapshot of green is on both sides once': (random) => [
    ...inPhase('green'),
    ...[0, 1, 2].map((client) => create(450 + client, client)),
    { at: 500, kind: 'rebuild' },
    // Pages of the snapshot are on their way for so long.
    ...[0, 1].map((): Action => ({
      at: 500 + random.next() * 4,
      kind: 'green late',
      milliseconds: random.next() * 300,
    })),
    ...[0, 1, 2].map((client) => named(501 + random.next() * 20, client, random.pick(['replace', 'delete']))),
    ...[0, 1, 2].map((client) => create(530 + random.next() * 300, client)),
    ...(random.chance(0.3) ? [{ at: 500 + random.next() * 300, kind: 'power cut', milliseconds: 50 } as const] : []),
  ],

  'a write that has expired before it was sent is not sent': (random) => [
    ...inPhase(random.pick(['shadow', 'green'])),
    { at: 500, kind: 'disk stalls', milliseconds: 2500 + random.next() * 1500 },
    create(501, 0),
    create(502, 1),
  ],

  'writes that were given up are not acknowledged by an owner that comes back': (random) => [
    ...inPhase('green'),
    ...[0, 1, 2, 3].map((client) => create(490 + client, client)),
    { at: 500, kind: 'green cut', milliseconds: 2400 },
    create(520, 0),
    named(530, 1, 'replace'),
    create(540, 2),
    // Green is asked again about every 250 ms.
    { at: 1270 + random.next() * 12, kind: 'step', to: 'split', abandon: true },
  ],

  'a copy that was begun in vain and comes late does not void what green holds since': (random) => [
    // The takeover comes soon, the beginning of the copy late.
    { at: 5, kind: 'green late', milliseconds: 1 },
    { at: 5, kind: 'green late', milliseconds: 2600 + random.next() * 300 },
    { at: 10, kind: 'import' },
    { at: 2200, kind: 'import' },
    { at: 2300, kind: 'step', to: 'shadow', abandon: false },
    { at: 2400, kind: 'step', to: 'green', abandon: false },
    create(2450, 0),
    create(3500, 0),
  ],

  'what was written between two imports is not missing in green': (random) => [
    { at: 10, kind: 'database import', milliseconds: 1 },
    { at: 200, kind: 'database import', milliseconds: 100 },
    create(220 + random.next() * 60, 0),
    { at: 500, kind: 'step', to: 'shadow', abandon: false },
  ],

  'a row under an id that the owner gives to another one halts the follower': (random) => [
    ...inPhase('shadow'),
    create(450, 0),
    { at: 500 + random.next() * 20, kind: 'green stranger' },
    create(510, 0),
    create(515, 1),
  ],

  'a row that blue cannot render holds up nobody': (random) => [
    ...inPhase('shadow'),
    create(450, 0),
    { ...create(500, 1), quirk: 'unrenderable' },
    create(501 + random.next() * 3, 2),
    { at: 503 + random.next() * 3, kind: 'blue cut', milliseconds: 100 },
    named(600, 0, 'replace'),
    create(610, 1),
    { at: 700, kind: 'step', to: 'green', abandon: false },
    create(900, 2),
  ],

  'a create that green has and blue cannot list any more after a power cut is not taken for lost': (random) => [
    ...inPhase('shadow'),
    { ...create(500, 0), quirk: 'unrenderable' },
    create(501 + random.next() * 2, 1),
    { at: 515 + random.next() * 40, kind: 'power cut', milliseconds: 170 },
  ],

  'a delete of no row does not hide that blue forgot one': (random) => [
    { at: 20, kind: 'import' },
    create(100, 0),
    { at: 230 + random.next() * 10, kind: 'blue restart', milliseconds: 3000 },
    { ...named(290, 1, 'delete'), row: 0.62 },
    { at: 320, kind: 'step', to: 'shadow', abandon: false },
    { ...create(1240, 2), quirk: 'unrenderable' },
  ],

  'a row that blue alone has does not hide that blue forgot one': (random) => [
    { at: 170, kind: 'import' },
    { at: 290, kind: 'step', to: 'shadow', abandon: true },
    { ...create(1425, 3), quirk: 'green refuses' },
    create(2250, 3),
    { at: 2320, kind: 'step', to: 'green', abandon: true },
    { at: 2380, kind: 'blue restart', milliseconds: 260 },
    { at: 2640 + random.next() * 60, kind: 'step', to: 'shadow', abandon: true },
  ],

  'a follower that is halted while a step begins to feed it is not fed': (random) => [
    { at: 8.7, kind: 'import' },
    { ...create(25, 1), resource: 'locations' },
    { at: 30, kind: 'blue restart', milliseconds: 8 },
    create(84.4, 0),
    { at: 84 + random.next() * 3, kind: 'step', to: 'shadow', abandon: false },
  ],

  'a rebuilt blue that becomes the owner before its first create may give ids again of rows that are gone': (
    random,
  ) => [
    { at: 200, kind: 'database import', milliseconds: 0.1 },
    ...[0, 1, 2].map((client) => create(250 + 3 * client, client)),
    { at: 850, kind: 'step', to: 'shadow', abandon: false },
    { ...named(1740, 2, 'delete'), row: 0.655 },
    { at: 1985, kind: 'step', to: 'green', abandon: false },
    { at: 2177, kind: 'blue restart', milliseconds: 194 },
    { ...named(3160, 1, 'delete'), row: random.next() },
    { at: 3525 + random.next() * 20, kind: 'step', to: 'shadow', abandon: false },
  ],

  'a create that an emptied blue failed and carried out is found, although it got an id that was given before': (
    random,
  ) => [
    { at: 460, kind: 'database import', milliseconds: 0.5 },
    { at: 670, kind: 'step', to: 'shadow', abandon: true },
    create(1130, 4),
    named(1136 + random.next(), 1, 'delete'),
    { at: 2315, kind: 'blue 500', done: true },
    { at: 3200, kind: 'blue restart', milliseconds: 2000 },
    create(5500, 3),
  ],

  'a rebuilt blue that gives an id which green has used up has lost nothing': (random) => [
    ...inPhase('shadow'),
    create(400, 0),
    create(420, 1),
    named(450, 1, 'delete'),
    { at: 500, kind: 'step', to: 'green', abandon: false },
    create(600, 0),
    named(650 + random.next() * 5, 0, 'delete'),
    { at: 700, kind: 'blue restart', milliseconds: 50 },
    { at: 4000, kind: 'step', to: 'split', abandon: false },
    create(4500, 1),
  ],

  'no outcome goes with the segment of its write before it is durable': (random) => [
    create(20, 0),
    create(23, 1),
    create(26, 2),
    { at: 30 + random.next() * 60, kind: 'power cut', milliseconds: 500 },
    { at: 2500, kind: 'import' },
    { at: 5500, kind: 'power cut', milliseconds: 100 },
  ],
};

const CLIENT_BYTES = 10;

function inPhase(phase: 'shadow' | 'split' | 'green'): Action[] {
  const steps: PhaseName[] = phase === 'shadow' ? ['shadow'] : ['shadow', phase];
  return [
    { at: 10, kind: 'import' },
    ...steps.map((to, index): Action => ({ at: 100 + 200 * index, kind: 'step', to, abandon: false })),
  ];
}

function create(at: number, client: number): Write {
  return {
    at,
    kind: 'write',
    client,
    verb: 'create',
    resource: 'collections',
    row: 0,
    quirk: 'fine',
    bytes: CLIENT_BYTES,
  };
}

/** A write to the first row there is, or will be. */
function named(at: number, client: number, verb: 'replace' | 'delete'): Write {
  return { ...create(at, client), verb, row: 0.1 };
}
