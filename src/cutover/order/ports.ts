import type {
  Answer,
  Copy,
  Counts,
  Holdings,
  OutcomeKind,
  Request,
  Resource,
  Row,
  RowStream,
  SideName,
  Verb,
} from './nouns';
import type { OneSided } from './one-sided';

/** A file of fixed size that is written at positions. */
export interface SegmentFile {
  /** All of the buffers, one after the other, with as few system calls as can be. Rejects if any byte was not taken. */
  write(offset: number, buffers: readonly Buffer[]): Promise<void>;
  /** Resolves once everything written before the call survives a power cut. */
  sync(): Promise<void>;
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** A file without a name, which grows as it is written: nothing of it stays behind its `close`, or behind the process. */
export type ScratchFile = Omit<SegmentFile, 'sync'>;

/** One directory. A name that is created, replaced or removed stays so after a power cut once the call has resolved. */
export interface Disk {
  /** Takes the directory for this process, before anything in it is read. @throws an Error that names the holder */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  list(): Promise<string[]>;
  /** Undefined if there is no such file. */
  read(name: string): Promise<Buffer | undefined>;
  /** Replaces a file as a whole: a crash leaves the old one or the new one. */
  replace(name: string, bytes: Buffer): Promise<void>;
  /** A new file whose blocks are all written with zeros, so that no later write in it can find the disk full. */
  reserve(name: string, bytes: number): Promise<SegmentFile>;
  open(name: string): Promise<SegmentFile>;
  remove(name: string): Promise<void>;
  /** A new file for what this run alone needs. */
  scratch(): Promise<ScratchFile>;
}

/** All time that the order knows. */
export interface Clock {
  /** Milliseconds since 1970, never going back. */
  now(): number;
  /** Calls once after so many milliseconds; the result cancels it. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The old server, by its public API. */
export interface BluePort {
  /**
   * Sends a request on the one pipelined connection. Requests go out, are carried out and are answered in the order of the
   * calls. If the connection breaks, all requests without an answer reject with SideAway, what took effect is a prefix of
   * them, and nothing more is sent until `reconnect` has resolved. A side that is silent for too long while something is
   * under way breaks the connection.
   */
  send(request: Request): Promise<Answer>;
  /**
   * A new connection, once nothing that was sent on an earlier one can take effect any more: the old one is reset, and as
   * many requests were answered on the new one as could be waiting in the old one's buffers.
   *
   * @throws SideAway
   */
  reconnect(): Promise<void>;
  /**
   * The rows with this id and higher ones, not through the pipelined connection; null if blue cannot list them, see
   * UNRENDERABLE.
   *
   * @param through no row with a higher id matters, unless there is one under each id up to it: so a few need no list
   * @throws SideAway
   */
  rowsFrom(resource: Resource, id: number, through?: number): Promise<readonly Row[] | null>;
  /**
   * All rows of one moment, in the order of their ids, not through the pipelined connection.
   *
   * @throws Unlistable, before the first row; SideAway, at first or within
   */
  list(resource: Resource): RowStream;
  /** Undefined if there is none. @throws SideAway */
  row(resource: Resource, id: number): Promise<Buffer | undefined>;
  /** How many rows there are, without reading them one by one. @throws SideAway */
  counts(): Promise<Counts>;
  /** How many rows there are and which id is the highest. Reads every row. @throws SideAway */
  holdings(): Promise<Holdings>;
}

/** A write for green at its place. As follower it has the owner's id, and what the owner made of it. */
export interface PlacedRequest {
  readonly place: number;
  readonly resource: Resource;
  readonly verb: Verb;
  readonly request: Request;
  /** Of the row that a create makes; null if green gives it. */
  readonly id: number | null;
  /** `refused`: answer as if it were to be carried out, but change nothing. Null: green is the owner, and decides. */
  readonly expected: OutcomeKind | null;
}

export interface PlacedAnswer {
  readonly place: number;
  /** 200 for what green would have carried out, had the owner not refused it. */
  readonly status: number;
  /** Of the row that it concerns; null if nothing was applied. */
  readonly id: number | null;
  readonly digest: string;
  /** The answer itself; it need not be at hand when `answers` tells of it. */
  readonly answer?: Answer;
}

/**
 * Places after `after` up to `upTo`, of which `writes` are to be carried out; the others have no effect. Each transaction
 * commits what it did together with the place that it came to, and a place is there only with all before it.
 */
export interface Batch {
  readonly journal: string;
  readonly term: string;
  /** The place that green is at. Behind it nothing may be left out. */
  readonly after: number;
  readonly upTo: number;
  readonly writes: readonly PlacedRequest[];
  /** What became of the places up to here is on the gateway's disk: their answers need not be kept. */
  readonly settled: number;
}

/** How far green came with a batch. */
export interface Written {
  readonly place: number;
  /** Of the places up to that one. */
  readonly answers: readonly PlacedAnswer[];
  /** A create whose id has a row already: neither it nor what is behind it was done. */
  readonly conflict: number | null;
}

/** How far green is with a journal. */
export interface GreenPlace {
  /** `detached`: it follows none, or another one; `rebuilding`: a copy was begun and not ended. */
  readonly state: 'detached' | 'attached' | 'rebuilding';
  /** It has every place up to here, and none behind; 0 unless it is attached. */
  readonly place: number;
}

/** Rows of one resource, in the order of their ids and behind those of the page before. */
export interface Page {
  readonly resource: Resource;
  readonly rows: readonly Row[];
}

/** All rows of green at the place that it was at when this was opened: what is written later does not change it. */
export interface GreenSnapshot extends GreenPlace {
  /** The ids that it gives next. */
  readonly next: Readonly<Record<Resource, number>>;
  /** To be read once, and at once. @throws SideAway if they are not whole */
  readonly pages: AsyncIterable<Page>;
  /** Lets it go, whether or not it was read. */
  close(): Promise<void>;
}

/** From whom green takes what it is sent from now on. */
export interface Takeover extends GreenPlace {
  /** Made by green, and told to nobody else. Empty if it is detached: then it takes nothing from anybody. */
  readonly term: string;
}

/** The new server, by what it offers for following a journal: see docs/following.md, which says what each request does. */
export interface GreenPort {
  /**
   * The one question that settles everything: nothing that was sent in an earlier term is carried out after it.
   *
   * @throws SideAway
   */
  takeover(journal: string): Promise<Takeover>;
  /** Where it is, without taking over. @throws SideAway */
  look(journal: string): Promise<GreenPlace>;
  /** The answers that are kept for these places, both included. @throws SideAway */
  answers(from: number, through: number): Promise<readonly PlacedAnswer[]>;
  /** @throws SideAway if it is not known how far it came; OrderRefused if nothing was done: `term` or `after` are not green's */
  write(batch: Batch): Promise<Written>;
  /**
   * Everything green holds becomes this copy, piece by piece; until the end of it green is `rebuilding`. Another journal that
   * is attached is given up. Where this one is attached, the copy begins only in its present term: one that was asked for
   * earlier and comes late must not void what was attached since.
   *
   * @returns the term @throws SideAway, or OrderRefused if another took over meanwhile
   */
  rebuild(copy: Copy, journal: string, term: string, place: number): Promise<string>;
  /**
   * Follows the journal from behind this place on, whatever it followed before: it holds what the owner held there.
   *
   * @param next the ids that it gives next, where they are known
   * @returns the term @throws SideAway, or OrderRefused if a copy was begun there and not ended
   */
  attach(journal: string, place: number, next: Partial<Record<Resource, number>>): Promise<string>;
  /** What it holds at the place that it is at. Reads every row. @throws SideAway */
  holdings(journal: string): Promise<GreenPlace & { readonly holdings: Holdings }>;
  /** @throws SideAway */
  snapshot(journal: string): Promise<GreenSnapshot>;
}

/** What the order has to know of the API's contents. */
export interface Rules {
  /** The id of the row in an answer to a create; undefined if there is none. */
  idOf(answer: Answer): number | undefined;
  /**
   * The bytes of the row that a create or replace leaves under this id; UNRENDERABLE if blue takes the body and cannot render
   * it; undefined if no side would accept it.
   */
  expectedRow(resource: Resource, id: number, request: Request): Buffer | undefined;
  /** The request that makes or replaces a row as it is. */
  requestFor(verb: Verb, resource: Resource, id: number, row: Buffer | undefined): Request;
  digestOf(body: Buffer): string;
}

/** Something that an operator must know: the sides are not as they should be. */
export interface Evidence {
  /**
   * `conflict`: green holds another row under the id of a create; `unknown`: nobody can tell whether a write was carried out.
   */
  readonly kind: 'refused' | 'accepted' | 'different' | 'owner-lost' | 'owner-ids' | 'conflict' | 'unknown';
  readonly place: number;
  readonly resource: Resource | null;
  readonly id: number | null;
  readonly explanation: string;
  /** The side that has a row more by it, if one has. */
  readonly more?: SideName | null;
}

/** Where evidence goes. It is durable when this resolves; the same may be given twice after a crash. */
export interface EvidenceStore {
  add(evidence: Evidence): Promise<void>;
  /** Since the follower was last made equal to the owner. */
  readonly oneSided: OneSided;
  /** The follower is equal to the owner again. */
  archive(): Promise<void>;
}
