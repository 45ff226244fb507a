import { Implied } from '../implied';
import type { FollowedRecord, OutcomesRecord, SegmentRecord } from './record';

/** What the segments so far say, as far as it is durable: the next segment begins with it. */
export class Base {
  lastPlace = 0;
  readonly implied = new Implied();
  followed: FollowedRecord = { kind: 'followed', attachment: 0, upTo: 0 };

  begin({ lastPlace, followed, implied }: SegmentRecord): void {
    this.lastPlace = lastPlace;
    this.followed = followed;
    this.implied.set(implied);
  }

  take(record: OutcomesRecord | FollowedRecord): void {
    if (record.kind === 'followed') {
      if (record.attachment >= this.followed.attachment) this.followed = record;
      return;
    }
    for (const outcome of record.outcomes) this.implied.take(outcome);
    if (record.found !== undefined) this.implied.set(record.found);
    if (record.counted !== undefined) this.implied.count(record.counted);
  }
}
