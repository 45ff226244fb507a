import type { Answer, Copy, Holdings, OutcomeKind, Request, Resource, Row, Verb } from './nouns';

/** A file of fixed size that is written at positions. */
export interface SegmentFile {
  /** All of the buffers, one after the other, with as few system calls as can be. Rejects if any byte was not taken. */
  write(offset: number, buffers: readonly Buffer[]): Promise<void>;
  /** Resolves once everything written before the call survives a power cut. */
  sync(): Promise<void>;
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

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
  /** The rows with this id and higher ones. Not through the pipelined connection. @throws SideAway */
  rowsFrom(resource: Resource, id: number): Promise<readonly Row[]>;
  /** Undefined if there is none. @throws SideAway */
  row(resource: Resource, id: number): Promise<Buffer | undefined>;
  /** How many rows there are and which id is the highest. @throws SideAway */
  holdings(): Promise<Holdings>;
}

/** A write for green at its place. As follower it has the owner's id, and what the owner made of it. */
export interface PlacedRequest {
  readonly place: number;
  readonly request: Request;
  /** Of the row that a create makes; null if green gives it. */
  readonly id: number | null;
  /** `refused`: answer as if it were to be carried out, but change nothing. Null: green is the owner, and decides. */
  readonly expected: OutcomeKind | null;
}

export interface PlacedAnswer {
  readonly place: number;
  readonly status: number;
  readonly id: number | null;
  readonly digest: string;
  /** The answer itself; not kept, so absent when it is told by `claim`. */
  readonly answer?: Answer;
}

/** Places after `after` up to `upTo`, of which `writes` are to be carried out, in one transaction together with `applied_place = upTo`. */
export interface Batch {
  readonly journal: string;
  readonly session: string;
  /** Must be what green has now; otherwise nothing is done. */
  readonly after: number;
  readonly upTo: number;
  readonly writes: readonly PlacedRequest[];
  /** What became of the places up to here is on the gateway's disk: their answers need not be kept. */
  readonly settled: number;
}

export interface GreenPosition {
  /** Made by green for this claim, and told to nobody else. */
  readonly session: string;
  /** The journal that green follows or is owned through; null if it never did, or lost its data. */
  readonly journal: string | null;
  readonly appliedPlace: number;
  /** The answers of the places after the last batch's `settled`. */
  readonly answers: readonly PlacedAnswer[];
  readonly holdings: Holdings;
}

/** The new server, by its follower's interface. */
export interface GreenPort {
  /**
   * The one question that settles everything: waits for transactions under way, makes a new session, the only one whose
   * batches are taken from now on, and tells where green is. So nothing of an earlier session can be committed later.
   *
   * @throws SideAway
   */
  claim(): Promise<GreenPosition>;
  /** @throws SideAway if it is not known whether it was committed; OrderRefused if `session` or `after` are not green's */
  apply(batch: Batch): Promise<readonly PlacedAnswer[]>;
  /** Everything green holds becomes this copy, in one transaction with journal and place. @throws as `apply` */
  replaceAll(copy: Copy, journal: string, session: string, place: number): Promise<void>;
  /** All rows at one place, read in one snapshot. @throws SideAway */
  copy(): Promise<{ readonly copy: Copy; readonly place: number }>;
}

/** What the order has to know of the API's contents. */
export interface Rules {
  /** The id of the row in an answer to a create; undefined if there is none. */
  idOf(answer: Answer): number | undefined;
  /** The bytes of the row that a create or replace leaves under this id; undefined if no side would accept the body. */
  expectedRow(resource: Resource, id: number, request: Request): Buffer | undefined;
  /** The request that makes or replaces a row as it is. */
  requestFor(verb: Verb, resource: Resource, id: number, row: Buffer | undefined): Request;
  digestOf(body: Buffer): string;
}

/** Something that an operator must know: the sides are not as they should be. */
export interface Evidence {
  readonly kind: 'refused' | 'accepted' | 'different' | 'owner-lost' | 'owner-ids' | 'ids-apart';
  readonly place: number;
  readonly resource: Resource | null;
  readonly id: number | null;
  readonly explanation: string;
}

/** Where evidence goes. It is durable when this resolves; the same may be given twice after a crash. */
export interface EvidenceStore {
  add(evidence: Evidence): Promise<void>;
  /** Rows that are known to be on one side only, since the follower was last made equal to the owner. */
  readonly oneSided: number;
  /** The follower is equal to the owner again. */
  archive(): Promise<void>;
}
