/**
 * Holds writes back for a moment, before they get a place in the order: while a copy is taken, while the owner changes,
 * while a restart settles what the last run left open. Several may hold them at once.
 */
export class WriteHold {
  private readonly holders = new Map<symbol, string>();
  private ending: { readonly promise: Promise<void>; readonly end: () => void } | undefined;

  /** Holds writes; the function that is returned lets them go on, unless another holds them. @param reason for the status */
  begin(reason: string): () => void {
    const holder = Symbol(reason);
    this.holders.set(holder, reason);
    this.ending ??= deferred();
    return () => {
      if (!this.holders.delete(holder) || this.holders.size > 0) return;
      this.ending?.end();
      this.ending = undefined;
    };
  }

  /** Undefined while nobody holds them, so that a caller can go on at once; otherwise resolves when writes go on. */
  get ended(): Promise<void> | undefined {
    return this.ending?.promise;
  }

  /** Why they are held; empty while they are not. */
  get reasons(): string[] {
    return [...this.holders.values()];
  }
}

function deferred(): { promise: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { promise, end };
}
