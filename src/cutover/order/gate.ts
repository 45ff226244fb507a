/** Lets writes through, unless somebody has closed it; several may have. */
export class Gate {
  private readonly reasons = new Set<{ readonly reason: string }>();

  constructor(private readonly onOpen: () => void) {}

  get closed(): boolean {
    return this.reasons.size > 0;
  }

  get reason(): string | undefined {
    const [first] = this.reasons;
    return first?.reason;
  }

  /** @returns opens it again, as far as this caller is concerned */
  close(reason: string): () => void {
    const entry = { reason };
    this.reasons.add(entry);
    return () => {
      if (this.reasons.delete(entry) && this.reasons.size === 0) this.onOpen();
    };
  }
}
