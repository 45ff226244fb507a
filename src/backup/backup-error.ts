/** A foreseen end of `backup` or `restore`: the message is a sentence for the operator. The exit code is 1. */
export class BackupError extends Error {
  override name = 'BackupError';
}
