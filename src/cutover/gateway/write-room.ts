import type { ClaimRoom } from '../../contract/http/body-room';
import type { ContractResponse } from '../../contract/http/contract-response';
import { guarded, once } from '../../contract/http/guard';
import { Room } from '../../contract/http/room';

export interface WriteRoomLimits {
  /** Writes that may be read or wait for their answer at once. */
  readonly pendingWrites: number;
  /** Bytes of their bodies; small ones, which come with their heads, are counted only. */
  readonly pendingBytes: number;
}

/**
 * Bounds the writes that are being read or wait for their answer, by count and by bytes, before anything is read of them.
 * Room is given back once both the write is done, whatever becomes of its client, and the answer has gone, whatever becomes
 * of the write.
 */
export class WriteRoom {
  private writes = 0;
  private readonly bodies: Room;

  constructor(private readonly limits: WriteRoomLimits) {
    this.bodies = new Room(limits.pendingBytes);
  }

  /** Takes a write in. @returns false if there is no room for one more */
  enter(): boolean {
    if (this.writes >= this.limits.pendingWrites) return false;
    this.writes += 1;
    return true;
  }

  /** What claims room for the bytes of a write's body, and refuses what does not fit at once. */
  claimFor(response: ContractResponse): ClaimRoom {
    return (bytes, granted, refused) => {
      const guardedStep = (step: () => void) => () => guarded(response, step);
      const claim = this.bodies.claim(bytes, guardedStep(granted), guardedStep(refused));
      if (!claim.waits) return response.holdRoom(claim);
      claim.release();
      guarded(response, refused);
      return claim;
    };
  }

  /** Keeps the place of a write until it is done and its answer has gone. */
  keep(response: ContractResponse, work: Promise<unknown>): void {
    let holders = 2;
    const leave = () => {
      holders -= 1;
      if (holders === 0) this.writes -= 1;
    };
    once(response, response, 'close', leave);
    work.then(leave, leave);
  }
}
