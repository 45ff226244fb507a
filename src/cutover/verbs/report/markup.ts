/** Text in which nothing is taken for markup, also within quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A column: its heading, and what stands in a row's cell. Numbers are aligned to the right. */
export interface Column<Row> {
  heading: string;
  cell: (row: Row) => string;
  numeric?: boolean;
}

/** A table with a caption; the first column's cells are the headings of their rows. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const kind = ({ numeric = false }: Column<Row>): string => (numeric ? ' class="number"' : '');
  const head = columns.map((column) => `<th scope="col"${kind(column)}>${escaped(column.heading)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = columns.map((column, index) => {
      const content = escaped(column.cell(row));
      return index === 0 ? `<th scope="row">${content}</th>` : `<td${kind(column)}>${content}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  // The frame scrolls by itself on narrow screens; it must be reachable by keyboard then.
  return [
    `<div class="frame" role="region" aria-label="${escaped(caption)}" tabindex="0"><table>`,
    `<caption>${escaped(caption)}</caption>`,
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>${body.join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}
