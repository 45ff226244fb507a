import type { Entry, Ledger } from '../ledger';
import { RESOURCES, type Verb } from '../nouns';
import type { BluePort, Clock, EvidenceStore, Rules } from '../ports';
import { FollowerApart, FollowerEmptied } from './feed';
import { readRepeated, type RepeatedCreates } from './repeated-creates';

export interface BlueLookParts {
  readonly port: BluePort;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly rules: Rules;
  readonly evidence: EvidenceStore;
}

/** Blue is counted no more often than so many times as long as that takes, and no more often than that while a row shows that it was not restarted. */
const SELDOM = 30;
const RARELY = 30_000;

/** What was seen of blue when nothing was under way there. */
export interface BlueSeen {
  /** Up to here places may have been sent before. */
  readonly repeatTo: number;
  /** The place of the last delete of a row among them. */
  readonly deletedLater: ReadonlyMap<string, number>;
  readonly repeated: RepeatedCreates;
}

/** Looks whether a following blue still holds what it was given. A restart takes everything from it, and it does not say so. */
export class BlueLook {
  private countedAt = 0;
  private took = 0;
  /** A collection that blue had when it was last fed or looked at. */
  private witness: number | undefined;

  constructor(private readonly parts: BlueLookParts) {}

  /** @throws SideAway, FollowerEmptied, FollowerApart */
  async take(): Promise<BlueSeen> {
    const { port, ledger, rules, clock } = this.parts;
    const began = clock.now();
    await this.demandCounts();
    this.countedAt = clock.now();
    this.took = this.countedAt - began;
    const deletedLater = new Map<string, number>();
    for (const { resource, verb, id, place } of this.following()) {
      if (verb === 'delete' && id !== null) deletedLater.set(`${resource}/${id}`, place);
    }
    const repeated = await readRepeated({ port, rules }, this.behind(), ledger.implied);
    return { repeatTo: ledger.lastPlace, deletedLater, repeated };
  }

  /** Nothing has come for a while. @returns false if blue must be looked at anew @throws SideAway if it does not answer */
  async isUnchanged(): Promise<boolean> {
    const { port, clock } = this.parts;
    const { witness } = this;
    const since = clock.now() - this.countedAt;
    if (witness === undefined) return since < SELDOM * this.took;
    if (since >= Math.max(RARELY, SELDOM * this.took)) return false;
    return (await port.row('collections', witness)) !== undefined;
  }

  /** Blue has carried this out. */
  fed({ verb, resource, outcome }: Entry): void {
    if (resource !== 'collections' || outcome?.id === undefined || outcome.id === null) return;
    if (verb === 'create') this.witness = outcome.id;
    else if (verb === 'delete' && this.witness === outcome.id) this.witness = undefined;
  }

  /** @throws SideAway, FollowerEmptied */
  async demandNotEmptied(): Promise<void> {
    const { port, ledger } = this.parts;
    const counts = await port.counts();
    const implied = ledger.implied.get();
    for (const resource of RESOURCES) {
      if (counts[resource] === 0 && (implied?.[resource].count ?? 0) > 0) {
        throw new FollowerEmptied(`blue holds no ${resource} any more`);
      }
    }
  }

  behind(): Entry[] {
    const { ledger } = this.parts;
    const entries: Entry[] = [];
    for (let place = (ledger.followedTo ?? ledger.lastPlace) + 1; place <= ledger.lastPlace; place++) {
      const entry = ledger.get(place);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  private following(): Entry[] {
    const { ledger } = this.parts;
    const followedTo = ledger.followedTo ?? 0;
    return [...ledger.unanswered.filter(({ place }) => place <= followedTo), ...this.behind()];
  }

  private async demandCounts(): Promise<void> {
    const { port, ledger, evidence } = this.parts;
    const counts = await port.counts();
    const implied = ledger.implied.get();
    const following = this.following();
    for (const resource of RESOURCES) {
      const [count, counted] = [counts[resource], implied?.[resource].count ?? null];
      if (count === null || counted === null) continue;
      const { least, most } = boundsOf(
        following.filter((entry) => entry.resource === resource),
        counted,
      );
      if (count < least - evidence.oneSided.green)
        throw new FollowerEmptied(`blue holds ${count} ${resource} where ${least} were left`);
      if (count > most + evidence.oneSided.blue)
        throw new FollowerApart(`blue holds ${count} ${resource}, more than the order implies`);
    }
  }
}

/**
 * How many rows blue can hold. It carries writes out in their order and may be behind any of these; but one that it fails may be
 * missing among others that it has, which must not look like rows of somebody else's. What has no outcome any more, after a power
 * cut, may be there already.
 *
 * @param counted rows of the owner, behind all of them that have an outcome
 */
function boundsOf(following: readonly Entry[], counted: number): { readonly least: number; readonly most: number } {
  const applied = following.filter(({ outcome }) => outcome?.kind === 'applied');
  let fewest = applied.reduce((rows, { verb }) => rows - changeOf(verb), counted);
  let [least, most] = [fewest, counted];
  for (const { verb, outcome } of following) {
    const change = changeOf(verb);
    if (outcome === undefined) {
      fewest += Math.min(change, 0);
      most += Math.max(change, 0);
    } else if (outcome.kind === 'applied') {
      fewest += change;
      most -= Math.min(change, 0);
    }
    least = Math.min(least, fewest);
  }
  return { least, most };
}

function changeOf(verb: Verb): number {
  if (verb === 'replace') return 0;
  return verb === 'create' ? 1 : -1;
}
