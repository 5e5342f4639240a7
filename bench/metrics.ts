import { HttpLine } from './http-line.ts'
import { startManager } from './managers.ts'
import { cell, interleave, judge, notMeasured, table, type Scale, type Section } from './part.ts'
import { startMany } from './starts.ts'
import { median } from './statistics.ts'

const living = 1_000
const what = `/metrics with ${living} sessions: loop time p50`

/** What a scrape costs while a thousand sessions live. */
export async function metrics (scale: Scale): Promise<Section> {
  const { programs, quick, tell } = scale
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured(what, '≤ 2 ms', 'no C compiler')] }
  const manager = await startManager('javascript', programs, { standIn: [], env: { SLIPWAY_FIRST_CONNECT_TIMEOUT: '3600', SLIPWAY_MAX_SESSIONS: '1500' } })
  try {
    tell(`starting ${living} sessions`)
    await startMany(manager.port, { atATime: 20, count: living, milliseconds: 120_000 })
    const pages = ['/healthz', '/metrics'].map(name => ({ name }))
    await time(manager.port, '/metrics', 50)
    const values = await interleave(scale, pages, async ({ name }) => await time(manager.port, name, quick ? 40 : 200))
    const [health = [], scrape = []] = pages.map(({ name }) => values.get(name) ?? [])
    const difference = scrape.map((value, round) => value - (health[round] ?? 0))
    return {
      markdown: [
        `${living} sessions live and ping every 5 s; one request at a time over a kept connection, p50, milliseconds. What \`/metrics\` takes longer than \`/healthz\` is the time that the loop spends on it.`,
        '',
        ...table(['page', 'answer, ms'], [...pages.map(({ name }) => [name, cell(values.get(name) ?? [], 2)]), ['difference', cell(difference, 2)]])
      ],
      targets: [judge(what, { most: 2 }, ' ms', difference, 2)]
    }
  } finally {
    await manager.stop()
  }
}

async function time (port: number, path: string, count: number): Promise<number> {
  const line = await HttpLine.open(port)
  const times: number[] = []
  try {
    for (let request = 0; request < count; request++) {
      const started = performance.now()
      await line.ask('GET', path)
      times.push(performance.now() - started)
    }
  } finally {
    line.close()
  }
  return median(times)
}
