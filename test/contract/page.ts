import { rows } from './rows.ts'

const begin = '<!-- from test/contract, by npm run docs -->'
const end = '<!-- end -->'

/** The compatibility page with its table made anew from the rows of the contract suite; all else stays. @throws Error when the page has no place for it */
export function withContractTable (page: string): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/compatibility.md needs the lines ${begin} and ${end}`)
  const lines = rows.map(({ title, official, verdict, why }) => `| ${title} | ${official} | ${why === undefined ? verdict : `**${verdict}**: ${why}`} |`)
  return `${before}${begin}\n\n| | Official | Slipway |\n|---|---|---|\n${lines.join('\n')}\n\n${end}${after}`
}
