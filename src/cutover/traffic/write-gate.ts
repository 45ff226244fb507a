/**
 * Holds writes back for a moment, before they get a place in the order: while a copy is taken, while the owner changes,
 * while a restart settles what the last run left open. Several may hold it at once.
 */
export class WriteGate {
  private readonly holders = new Map<symbol, string>();
  private opening: { readonly promise: Promise<void>; readonly open: () => void } | undefined;

  /** Closes it; the function that is returned opens it again, unless another holds it. @param reason for the status */
  close(reason: string): () => void {
    const holder = Symbol(reason);
    this.holders.set(holder, reason);
    this.opening ??= deferred();
    return () => {
      if (!this.holders.delete(holder) || this.holders.size > 0) return;
      this.opening?.open();
      this.opening = undefined;
    };
  }

  /** Undefined while it is open, so that a caller can go on in the same turn; otherwise resolves when it opens. */
  get opens(): Promise<void> | undefined {
    return this.opening?.promise;
  }

  /** Why it is closed; empty while it is open. */
  get reasons(): string[] {
    return [...this.holders.values()];
  }
}

function deferred(): { promise: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}
