import { ForbiddenException } from '@nestjs/common';

/**
 * The database left a row as it was, or did not store it, without an error: a trigger that somebody added returned NULL.
 * Trying again does not help, and it is no fault of this program: 403.
 */
export class RowRefusedException extends ForbiddenException {
  constructor() {
    super({ detail: 'The database refuses this change: nothing was changed' });
  }
}
