import type { LoggedWrite, WriteLog } from '../journal/write-log';
import type { Evidence } from '../journal/evidence';
import type { NextIds } from '../traffic/next-ids';
import { digestOf, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import { idOfRow } from '../traffic/rows';
import type { Settled } from './settlement';

export interface OwnerOutcomesParts {
  readonly log: WriteLog;
  readonly ids: NextIds;
  readonly evidence: Evidence;
  /** Is given each answer that the follower may be asked for as well, to be compared with it. */
  readonly onAnswer: (write: LoggedWrite, answer: RawAnswer) => void;
  /** The owner lost its data: the follower must not be fed from it. */
  readonly onOwnerLost: (explanation: string) => void;
}

/** Records what the owner made of each write, and watches the ids that it gives. */
export class OwnerOutcomes {
  constructor(private readonly parts: OwnerOutcomesParts) {}

  /** It was answered, with a status below 500. @throws JournalError */
  answered(write: LoggedWrite, request: RawRequest, answer: RawAnswer): void {
    const { log, onAnswer } = this.parts;
    const { status, body } = answer;
    const { verb } = write.route;
    const isApplied = status >= 200 && status < 300;
    const id = verb === 'create' ? (idOfRow(body) ?? null) : write.route.id;
    if (isApplied) this.checkId(write, request, id);
    // Before the answer is recorded: from then on the follower may be faster than this function.
    onAnswer(write, answer);
    if (isApplied)
      log.answer(write, { outcome: 'applied', status, id, digest: verb === 'delete' ? null : digestOf(body) });
    else log.answer(write, { outcome: 'refused', status, id: null, digest: null });
  }

  /** Its answer was lost, and this is what reading showed. @throws JournalError */
  settled(write: LoggedWrite, request: RawRequest, settled: Settled): void {
    if (!settled.applied) {
      if (!settled.certain) this.keepUncertain(write, request);
      this.notCarriedOut(write);
      return;
    }
    const digest = settled.row === undefined ? null : digestOf(settled.row);
    this.parts.log.answer(write, { outcome: 'applied', status: null, id: settled.id, digest });
  }

  /** It never reached the owner. @throws JournalError */
  notCarriedOut(write: LoggedWrite): void {
    this.parts.log.answer(write, { outcome: 'void', status: null, id: null, digest: null });
  }

  /** Of no matter while green has no copy; later green lacks the row, if there is one. */
  private keepUncertain({ place, owner, route }: LoggedWrite, request: RawRequest): void {
    if (this.parts.log.followedTo === null) return;
    const explanation = `Whether ${owner} stored this row is not known: it cannot render its list.`;
    this.parts.evidence.add({ kind: 'unrenderable', place, owner, route, id: null, request, explanation });
  }

  /** A create must give the next id: anything else shows writes past the gateway, or an owner that lost its data. */
  private checkId({ place, owner, route }: LoggedWrite, request: RawRequest, id: number | null): void {
    const next = this.parts.ids.get(owner, route.resource);
    if (route.verb !== 'create' || next === undefined || id === null) return;
    if (id === next.atLeast || (id > next.atLeast && !next.exact)) return;
    const lost = id < next.atLeast;
    const explanation = lost
      ? `${owner} gave the id ${id} although it had given ${next.atLeast - 1} before: it has lost its data.`
      : `${owner} gave the id ${id} where ${next.atLeast} was next: somebody writes to it past the gateway.`;
    this.parts.evidence.add({ kind: 'owner-ids', place, owner, route, id, request, explanation });
    if (!lost) return;
    this.parts.ids.forget(owner);
    this.parts.onOwnerLost(explanation);
  }
}
