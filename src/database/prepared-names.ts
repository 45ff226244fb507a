import type { Client } from 'pg';
import { Preparation } from './prepared-query';

/** The statements that a session of PostgreSQL keeps under their names, as far as it has confirmed them. */
export class PreparedNames {
  private readonly confirmed = new Set<string>();
  private readonly asked = new Set<string>();

  /** @param onAnswer told each time when PostgreSQL has answered */
  constructor(
    private readonly client: Client,
    private readonly onAnswer: () => void,
  ) {}

  /** Whether a statement may be executed by its name. */
  has(name: string | undefined): boolean {
    return name !== undefined && this.confirmed.has(name);
  }

  /**
   * Has PostgreSQL keep a statement under its name, unless it does or has been asked to. Until it is confirmed, and if it
   * is refused, the statement is parsed with each execution, so that nothing ever counts on a statement that is not there.
   */
  prepare({ name, text }: { readonly name: string; readonly text: string }): void {
    if (this.confirmed.has(name) || this.asked.has(name)) return;
    this.asked.add(name);
    const done = (confirmed: boolean) => {
      this.asked.delete(name);
      if (confirmed) this.confirmed.add(name);
      this.onAnswer();
    };
    this.client.query(
      new Preparation(
        { name, text },
        () => done(true),
        () => done(false),
      ),
    );
  }
}
