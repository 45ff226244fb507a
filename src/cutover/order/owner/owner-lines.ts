import type { Entry, Ledger } from '../ledger';
import type { Request, Resource } from '../nouns';
import type { Outcomes } from '../outcomes';
import type { BluePort, Clock, EvidenceStore, GreenPort, Rules } from '../ports';
import { ownerIn } from '../../traffic/phase';
import type { StateStore } from '../state';
import type { Term } from '../term';
import { BlueOwner } from './blue-owner';
import { GreenOwner } from './green-owner';
import type { OwnerEvents, OwnerLine } from './owner-line';

export interface OwnerLinesParts {
  readonly state: StateStore;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly term: Term;
  readonly clock: Clock;
  readonly rules: Rules;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly evidence: EvidenceStore;
  /** Of a write of an earlier run. */
  readonly requestOf: (entry: Entry) => Promise<Request>;
  /** The follower must not follow what the owner has lost; resolves once that is so after a restart, too. */
  readonly haltFollower: (explanation: string) => Promise<void>;
  readonly onChange: () => void;
}

/** The line to whoever owns the writes, and what it finds out about its side. */
export class OwnerLines {
  present: OwnerLine;
  /** How often the owner has lost its data: a copy that was taken meanwhile is worth nothing. */
  losses = 0;

  constructor(private readonly parts: OwnerLinesParts) {
    this.present = this.newLine();
  }

  /** A new line, which finds out what became of these writes. */
  renew(leftOpen: readonly Entry[]): void {
    this.present = this.newLine();
    this.present.start(leftOpen);
  }

  private newLine(): OwnerLine {
    const { state, ledger, outcomes, term, clock, rules, blue, green, requestOf } = this.parts;
    const events = this.events();
    return ownerIn(state.get().phase) === 'green'
      ? new GreenOwner({ port: green, term, ledger, outcomes, clock, events })
      : new BlueOwner({ port: blue, ledger, outcomes, rules, clock, events, requestOf });
  }

  private events(): OwnerEvents {
    const { onChange, haltFollower } = this.parts;
    return {
      onLost: async (explanation) => {
        this.losses++;
        this.keep('owner-lost', explanation, null, null);
        await haltFollower(explanation);
      },
      onForeignId: ({ resource }, id, explanation) => this.keep('owner-ids', explanation, id, resource),
      onUnknown: ({ resource }, explanation) => this.keep('unknown', explanation, null, resource),
      onChange,
    };
  }

  private keep(
    kind: 'owner-lost' | 'owner-ids' | 'unknown',
    explanation: string,
    id: number | null,
    resource: Resource | null,
  ): void {
    const { evidence, ledger } = this.parts;
    // Evidence that the disk does not take shows in the ids again.
    void evidence.add({ kind, place: ledger.lastPlace, resource, id, explanation }).catch(() => undefined);
  }
}
