import { RESOURCES, type Resource } from '../../src/cutover/order/nouns';
import { hasFollower, ownerIn } from '../../src/cutover/traffic/phase';
import type { Evidence } from '../../src/cutover/order/ports';
import { textOf, UNREADABLE_TEXT, type Quirk, type Rows } from './simulated-api';
import type { Made } from './clients';
import type { World } from './world';

/** What is not as it must be after everything was mended and has come to rest. */
export function violationsIn(world: World): string[] {
  const violations = [...world.violations, ...world.green.violations];
  const { status } = world;
  if (status === undefined) return [...violations, 'the gateway does not run'];
  const owner = ownerIn(status.phase) === 'blue' ? world.blue.data : world.green.data;
  violations.push(...whatNobodyDid(world, owner));
  violations.push(...whatWasLost(world, owner));
  if (hasFollower(status.phase)) violations.push(...whatDiffers(world));
  violations.push(...whatIsWrongInEvidence(world));
  return violations;
}

/** A write that a client was told not to be done took no effect, and none took effect twice. */
function whatNobodyDid({ clients: { made }, texts }: World, owner: Rows): string[] {
  const violations: string[] = [];
  for (const { number, told, text, verb } of made) {
    if (told === 'nothing' && verb !== 'delete' && texts.has(text)) {
      violations.push(`write ${number} was told not to be done, and was done`);
    }
    if (told === 'waits') violations.push(`write ${number} was never answered`);
  }
  for (const resource of RESOURCES) {
    const seen = new Set<string>();
    for (const { id, bytes } of owner.list(resource)) {
      const text = textOf(bytes);
      if (text === 'placeholder') violations.push(`the owner holds the placeholder ${resource} ${id}`);
      if (text === UNREADABLE_TEXT) continue;
      if (seen.has(text)) violations.push(`write ${text.split('.', 1)[0] ?? ''} is there twice`);
      seen.add(text);
    }
  }
  return violations;
}

/** Each row is what the last certain write to it, or one that nobody knows of, has left. */
function whatWasLost(world: World, owner: Rows): string[] {
  const violations: string[] = [];
  // What blue forgot as the owner is gone; what was written since is not.
  const made = world.clients.made.filter(({ at }) => at > world.faults.ownerLostAt);
  for (const resource of RESOURCES) {
    const ofRow = new Map<number, Made[]>();
    // Nobody knows which row they made, if any.
    const anywhere = made.filter((one) => one.resource === resource && one.id === null && one.told === 'perhaps');
    for (const one of made) {
      if (one.resource !== resource || one.id === null || one.told === 'nothing') continue;
      ofRow.set(one.id, [...(ofRow.get(one.id) ?? []), one]);
    }
    for (const [id, writes] of ofRow) {
      // Known to be on one side only, and an operator has seen it.
      if (isKnown(world, resource, id)) continue;
      const row = owner.rows[resource].get(id);
      const there = row === undefined ? undefined : textOf(row);
      const last = writes
        .filter(({ told }) => told === 'done')
        .reduce<Made | undefined>((a, b) => ((a?.place ?? -1) > (b.place ?? -1) ? a : b), undefined);
      if (last === undefined) continue;
      const later = [...writes, ...anywhere].filter(
        ({ told, place }) => told === 'perhaps' && (place === null || place > (last.place ?? 0)),
      );
      const possible = [last, ...later].map(leftBy);
      if (!possible.includes(there)) {
        const shown = there === undefined ? 'not there' : `of write ${there.split('.', 1)[0] ?? ''}`;
        violations.push(
          `${resource} ${id} is ${shown}, but write ${last.number} was acknowledged at place ${String(last.place)}`,
        );
      }
    }
  }
  return violations;
}

/** The text of the row that a write leaves. */
function leftBy({ verb, text, quirk }: Made): string | undefined {
  if (verb === 'delete') return undefined;
  return quirk === 'unrenderable' ? UNREADABLE_TEXT : text;
}

function whatDiffers(world: World): string[] {
  const { status, blue, green, clients } = world;
  const violations: string[] = [];
  // No copy of such rows can be taken, and the operator is told so.
  const isListable = RESOURCES.every((resource) => blue.data.isListable(resource));
  if (status?.follower === 'halted' && !isListable && /cannot list/.test(status.reason ?? '')) return [];
  // The id of a location that one side alone can have cannot be used up without leaving a row.
  const isStuck = clients.made.some(({ resource, quirk }) => resource === 'locations' && quirk === 'unrenderable');
  if (status?.follower === 'halted' && isStuck && /cannot be given locations/.test(status.reason ?? '')) return [];
  if (status?.follower !== 'level')
    return [`the follower cannot be made level: ${status?.follower ?? ''} ${status?.reason ?? ''}`];
  for (const resource of RESOURCES) {
    const ids = new Set([...blue.data.rows[resource].keys(), ...green.data.rows[resource].keys()]);
    for (const id of ids) {
      const [one, other] = [blue.data.rows[resource].get(id), green.data.rows[resource].get(id)];
      if (one !== undefined && other !== undefined && one.equals(other)) continue;
      if (isKnown(world, resource, id)) continue;
      violations.push(`${resource} ${id} differs: blue ${shown(one)}, green ${shown(other)}`);
    }
    const [one, other] = [blue.data.next[resource], green.data.next[resource]];
    // A blue that was rebuilt, and became the owner before its first create, has not used up what green gave to rows that are gone.
    if (world.hadRebuilt && status.phase !== 'green' && resource === 'collections' && one < other) continue;
    if (one !== other) violations.push(`the next ids of ${resource} differ: blue ${one}, green ${other}`);
  }
  return violations;
}

function shown(row: Buffer | undefined): string {
  return row === undefined ? 'none' : row.toString().slice(0, 40);
}

/** Writes that one side takes and the other does not. */
const ODD: readonly Quirk[] = ['blue refuses', 'green refuses', 'unrenderable'];

/** How the order says that a write which one side alone takes has put their ids apart, or keeps rows from being listed. */
const OF_ODD = /ids are apart|cannot (?:list|be given)|to a row that is/;

/** True if there is evidence of the row, and a write to it that one side refuses. */
function isKnown({ clients: { made }, evidence }: World, resource: Resource, id: number): boolean {
  // Of a row that blue cannot list nobody may know the id.
  const isAbout = (one: Evidence) => one.id === id || (one.kind === 'unknown' && one.id === null);
  const found = evidence.filter((one) => one.resource === resource && isAbout(one));
  return found.some(({ place }) => made.some((write) => isCause(write, { resource, id, place })));
}

/** One side refuses this write, and it may be the one that the evidence is about. */
function isCause(write: Made, { resource, id, place }: Pick<Evidence, 'resource' | 'id' | 'place'>): boolean {
  const isRefusedByOne = ODD.includes(write.quirk);
  if (!isRefusedByOne || write.resource !== resource) return false;
  if (write.place === place || write.id === id) return true;
  // A client that was not told knows neither the place nor the row.
  return write.told === 'perhaps' && write.id === null && (write.place === null || write.place < place);
}

/** Evidence and a follower that is halted need a cause, and one that explains what is said. */
function whatIsWrongInEvidence({ clients: { made }, evidence, excuses, atRest }: World): string[] {
  const violations: string[] = [];
  const quirky = made.some(({ quirk }) => ODD.includes(quirk));
  if (atRest?.status.follower === 'halted') {
    const { reason = '' } = atRest.status;
    if (!(quirky && OF_ODD.test(reason)) && !excuses.has(atRest.at, reason)) {
      violations.push(`the follower was halted without a cause: ${reason}`);
    }
  }
  for (const one of evidence) {
    if (excuses.has(one.at, one.explanation) || made.some((write) => isCause(write, one))) continue;
    violations.push(`evidence without a cause: ${one.kind} ${one.explanation}`);
  }
  return violations;
}
