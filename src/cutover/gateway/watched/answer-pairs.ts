import type { ExchangeObserver } from '../../comparison/exchange-observer';
import type { Answer, Request, SideName } from '../../order/nouns';
import { rawResponse, recordedRequest } from '../../traffic/raw-message';
import type { Resource } from '../../traffic/resource';
import { idOfRow } from '../../traffic/rows';
import { routeRequest } from '../../traffic/write-route';
import type { Witness, Witnessed } from '../kept/evidence-file';

/** Writes whose answers are at hand for a piece of evidence about them. */
const WITNESSED = 512;
/** Bytes of a body that a piece of evidence shows. */
const SHOWN = 64 << 10;

/** A side's answer to a write, and how it came. */
export interface Heard {
  readonly side: SideName;
  readonly request: Request;
  readonly answer: Answer;
  /** Undefined where the time says nothing of one write. */
  readonly milliseconds: number | undefined;
}

/**
 * Brings together what the two sides answered to the same write, and tells the observer. A write is known by the object of its
 * request, which the order hands to both sides while it has it in memory.
 */
export class AnswerPairs implements Witness {
  private readonly owners = new WeakMap<Request, Answer>();
  private readonly witnesses = new Map<number, Witnessed>();
  private readonly apart = new Set<string>();
  /** Tells of rows that one side is known to have and the other not. */
  isApart: (resource: Resource, id: number) => boolean = () => false;

  constructor(private readonly observer: ExchangeObserver) {}

  /** The owner has answered. */
  ownerAnswered(heard: Heard): void {
    this.owners.set(heard.request, heard.answer);
    this.tell(heard);
  }

  /** The follower has answered. @param place if it is known */
  followerAnswered(heard: Heard, place?: number): void {
    const { request, answer, side } = heard;
    const owners = this.owners.get(request);
    // The gateway's own requests, and those that came back from the disk, have nothing to be compared with.
    if (owners === undefined) return;
    this.owners.delete(request);
    this.tell(heard);
    if (place !== undefined) this.witness(place, request, owners, answer);
    if (this.followsFromOthers(request, owners, answer)) return;
    const [blue, green] = side === 'green' ? [owners, answer] : [answer, owners];
    this.observer.onPair({
      route: routeOf(request),
      request: recordedRequest(request),
      blue: rawResponse(blue),
      green: rawResponse(green),
    });
  }

  /** The follower's answer was lost: what it answers next may be to a write that it has had already. */
  followerLost(request: Request): void {
    this.owners.delete(request);
  }

  /** No whole answer came. */
  failed(side: SideName, request: Request | undefined, milliseconds: number): void {
    const [route, method] = request === undefined ? ['(follow)', 'POST'] : [routeOf(request), request.method];
    this.observer.onExchange({ route, method, side, status: null, milliseconds });
  }

  /** What the sides were asked and answered at a place, as far as it is at hand, for people to read. */
  witnessed(place: number): Witnessed {
    return this.witnesses.get(place) ?? {};
  }

  /** The follower is made equal to the owner. */
  forget(): void {
    this.witnesses.clear();
    this.apart.clear();
  }

  /** Where one side has a row and the other not, what they answer to later writes to it follows from that. */
  private followsFromOthers(request: Request, owners: Answer, answer: Answer): boolean {
    const { write } = routeRequest(request.method, request.target);
    if (write === undefined) return false;
    const { resource, verb, id } = write;
    if (verb !== 'create') return id !== null && (this.apart.has(`${resource}:${id}`) || this.isApart(resource, id));
    const made = owners.status < 300 && answer.status >= 300 ? idOfRow(owners.body) : undefined;
    if (made !== undefined) this.apart.add(`${resource}:${made}`);
    return false;
  }

  private tell({ side, request, answer: { status }, milliseconds }: Heard): void {
    if (milliseconds === undefined) return;
    this.observer.onExchange({ route: routeOf(request), method: request.method, side, status, milliseconds });
  }

  private witness(place: number, request: Request, owner: Answer, follower: Answer): void {
    if (owner.status === follower.status && owner.body.equals(follower.body)) return;
    this.witnesses.set(place, { request: shown(request), owner: shown(owner), follower: shown(follower) });
    const [oldest] = this.witnesses.keys();
    if (this.witnesses.size > WITNESSED && oldest !== undefined) this.witnesses.delete(oldest);
  }
}

function routeOf({ method, target }: Request): string {
  return routeRequest(method, target).route;
}

function shown({ body, ...head }: Request | Answer): object {
  const isWhole = body.length <= SHOWN;
  return {
    ...head,
    body_b64: body.subarray(0, SHOWN).toString('base64'),
    ...(!isWhole && { body_bytes: body.length }),
  };
}
