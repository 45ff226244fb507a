import type { Journal } from '../journal/journal';
import type { Resource } from '../nouns';

/** Keeps in the journal how far blue has followed, at most one note at a time. */
export class FollowerMarks {
  private wanted = 0;
  private noting = false;
  private readonly rows = new Map<string, number>();
  /** Blue is known to have everything up to here after a power cut. */
  durable: number;

  constructor(
    private readonly journal: Journal,
    private readonly attachment: number,
    from: number,
  ) {
    this.durable = from;
  }

  /** The row that this place makes is there, or will be. */
  created(resource: Resource, id: number, place: number): void {
    if (place > this.durable) this.rows.set(`${resource}/${id}`, place);
  }

  /** True if after a power cut the place that made this row would be given again. */
  isFresh(resource: Resource, id: number): boolean {
    const place = this.rows.get(`${resource}/${id}`);
    return place !== undefined && place > this.durable;
  }

  note(upTo: number): void {
    this.wanted = upTo;
    if (this.noting) return;
    this.noting = true;
    void this.write();
  }

  /** @returns false if the disk does not take it now */
  async makeDurable(): Promise<boolean> {
    const { wanted } = this;
    if (wanted <= this.durable) return true;
    void this.journal.note({ kind: 'followed', attachment: this.attachment, upTo: wanted });
    if (!(await this.journal.durable())) return false;
    this.durable = Math.max(this.durable, wanted);
    for (const [row, place] of this.rows) if (place <= this.durable) this.rows.delete(row);
    return true;
  }

  private async write(): Promise<void> {
    for (let noted = 0; noted < this.wanted;) {
      noted = this.wanted;
      await this.journal.note({ kind: 'followed', attachment: this.attachment, upTo: noted });
    }
    this.noting = false;
  }
}
