import { paint } from '../../src/lib/commands/terminal.js'

/** Cells by row. The first column is text, the others are figures. */
export interface Table {
  readonly title: string
  /** What the reader has to know: units, and how the figures were made. */
  readonly note: string
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What stands in a cell where nothing was measured. */
export const NOTHING = '–'

/** With title and note, for people or as Markdown. */
export function textOfTable(table: Table, markdown = false): string {
  const { title, note } = table
  if (markdown) return `## ${title}\n\n${note}\n\n${markdownRows(table)}\n`
  return `${paint('bold', title)}\n${paint('dim', note)}\n\n${plainRows(table)}\n`
}

function plainRows({ heads, rows }: Table): string {
  const all = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return all.map((row) => row.map(padded).join('  ').trimEnd()).join('\n')
}

function markdownRows({ heads, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = line(heads.map((_, column) => (column === 0 ? '---' : '---:')))
  return [line(heads), rule, ...rows.map(line)].join('\n')
}
