import { DirectoryLock, type LockPurpose } from '../../../directory-lock';
import { DirectoryDisk } from '../../order/disk/directory-disk';
import { messageOf } from '../../cutover-error';
import { JournalError } from './journal-error';

const PURPOSE: LockPurpose = {
  program: 'waste-cutover',
  refusal: (directory, holder) =>
    new JournalError(
      `The journal ${directory} is in use by ${holder}: two gateways on one journal would give two orders. ` +
        'Stop that one, or give this one a --journal of its own.',
    ),
};

/** How a version before this one named its segments. */
const OLD_SEGMENT = /^\d{16}\.journal$/;

/** A journal's directory that this process holds from the first look at it on. */
export class JournalFolder extends DirectoryDisk {
  private isHeld = false;

  private constructor(directory: string) {
    super(directory, (held) => DirectoryLock.acquire(held, PURPOSE));
  }

  /** @throws JournalError if another process has it, it cannot be made, or an older version wrote it */
  static async take(directory: string): Promise<JournalFolder> {
    const folder = new JournalFolder(directory);
    try {
      await folder.lock();
    } catch (error) {
      if (error instanceof JournalError) throw error;
      throw new JournalError(`The journal ${directory} cannot be used: ${messageOf(error)}`, { cause: error });
    }
    try {
      if ((await folder.list()).some((name) => OLD_SEGMENT.test(name))) {
        throw new JournalError(
          `The journal ${directory} was written by an older version, whose order this one cannot go on with. With that version, ` +
            'bring the cutover to its end ("phase done") or back ("phase blue"); then give this one a new --journal directory.',
        );
      }
    } catch (error) {
      await folder.unlock();
      throw error;
    }
    return folder;
  }

  /** Once: the order asks for it again. */
  override async lock(): Promise<void> {
    if (this.isHeld) return;
    await super.lock();
    this.isHeld = true;
  }

  override async unlock(): Promise<void> {
    this.isHeld = false;
    await super.unlock();
  }
}
