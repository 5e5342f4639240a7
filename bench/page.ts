import type { Section } from './part.ts'

/** The page docs/benchmarks.md: one table of targets, one section for each part. A run replaces what it measured and keeps the rest. */
export class Page {
  readonly #rows = new Map<string, string[]>()
  readonly #sections = new Map<string, string>()
  readonly #parts: readonly string[]

  /** @param text the page as it is; anything that is not of a part is written anew */
  constructor (text: string, parts: readonly string[]) {
    this.#parts = parts
    for (const part of parts) {
      const rows = text.split('\n').filter(line => line.startsWith(`| ${part} |`))
      const [, section] = new RegExp(`^<!-- ${part} -->\n([^]*?)\n<!-- /${part} -->$`, 'm').exec(text) ?? []
      this.#rows.set(part, rows)
      if (section !== undefined) this.#sections.set(part, section)
    }
  }

  /** @param circumstances date, machine and what else was going on */
  put (part: string, { markdown, targets }: Section, circumstances: string): void {
    const verdict = { true: 'met', false: '**not met**', null: 'not measured' }
    this.#rows.set(part, targets.map(({ what, wanted, measured, met }) => `| ${part} | ${what} | ${wanted} | ${measured} | ${verdict[`${met}`]} |`))
    this.#sections.set(part, [`## ${part}`, '', circumstances, '', ...markdown].join('\n').trimEnd())
  }

  toString (): string {
    const rows = [...this.#rows.values()].flat()
    return [
      '# Benchmarks',
      '',
      'Written by `npm run bench`; `npm run bench -- tunnel` measures one part and replaces its section, `--quick` gives a first impression and writes nothing.',
      'Where a section names rounds, its contestants were measured in turn (A B C A B C …) in one run on one machine over the loopback, and figures are medians of the rounds with their range; where',
      'a section says something else of how it was repeated, that holds. Ratios within a table mean something, figures of two tables do not compare; differences under 25 % are noise. Limits in',
      'milliseconds, kilobytes and megabytes are absolute by nature: they hold for a machine like the one named, on which nobody else works.',
      'Why some aims are not met: [how near to the floor](decisions/0016-how-near-to-the-floor.md).',
      '',
      '## Targets',
      '',
      ...rows.length === 0 ? [] : ['| part | what | wanted | measured | |', '|---|---|---|---|---|', ...rows, ''],
      ...this.#parts.flatMap(part => {
        const section = this.#sections.get(part)
        return section === undefined ? [] : [`<!-- ${part} -->`, section, `<!-- /${part} -->`, '']
      })
    ].join('\n')
  }
}
