import { rowCount } from '../../traffic/resource';
import type { Refusal } from './row-reader';
import { valuesOfEnumeration } from '../value-mappings';

/** Kinds of refusals that are counted apart; more than an operator can decide about one by one. */
const MOST_KINDS = 1000;
/** Characters of a value that are shown. */
const SHOWN = 200;

/** Refusals of the same value in the same field. */
export interface RefusalKind {
  readonly resource: string;
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly reason: string;
  rows: number;
}

/** Lists every row that cannot be held as it is found, and counts what they have in common. */
export class RefusalList {
  private readonly byKind = new Map<string, RefusalKind>();
  /** Rows, not reasons. */
  rows = 0;

  /** @param print takes a line for each refusal */
  constructor(private readonly print: (line: string) => void) {}

  /** @param refusals all of one row */
  add(refusals: readonly Refusal[]): void {
    this.rows += 1;
    for (const refusal of refusals) {
      this.print(lineOf(refusal));
      this.count(refusal);
    }
  }

  get kinds(): readonly RefusalKind[] {
    return [...this.byKind.values()];
  }

  /** What the operator can do: a rule for each unknown value of an enumeration. */
  get advice(): string[] {
    return this.kinds.flatMap(({ field = '', value = '', rows }) => {
      const values = valuesOfEnumeration(field);
      if (values === undefined || !value.startsWith('"')) return [];
      const rule = `${field}:${JSON.parse(value) as string}=`;
      return [`${rowCount(rows)}: --map ${quoted(rule)}<${values.join('|')}>`];
    });
  }

  private count({ resource, field, value, reason }: Refusal): void {
    // Each id is another one; what they have in common is the field.
    const [shown, why] = field === 'id' ? [undefined, 'ids must ascend from 1 on'] : [value?.slice(0, SHOWN), reason];
    const key = JSON.stringify([resource, field, shown, why]);
    const kind = this.byKind.get(key);
    if (kind !== undefined) kind.rows += 1;
    else if (this.byKind.size < MOST_KINDS)
      this.byKind.set(key, { resource, field, value: shown, reason: why, rows: 1 });
  }
}

function lineOf({ resource, position, id, field, value, reason }: Refusal): string {
  const row = id === undefined ? `row ${position}` : `id ${id}`;
  const what = field === undefined ? '' : ` ${field}${value === undefined ? '' : ` ${value.slice(0, SHOWN)}`}`;
  return `${resource}, ${row}:${what || ' the row'}: ${reason}`;
}

/** Readable by a shell as one word. */
function quoted(text: string): string {
  return /^[\w:=.-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
