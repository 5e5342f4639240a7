import { startManager, type Manager } from './managers.ts'
import { causes, cell, interleave, judge, notMeasured, ratios, table, type Scale, type Section } from './part.ts'
import { outputOf } from './running.ts'
import { startMany } from './starts.ts'

const what = 'liveliness reports a second'

/** How many reports of stream servers the service takes, against a server of node:http that does nothing with them. */
export async function reports (scale: Scale): Promise<Section> {
  const { programs: { native }, programs, quick } = scale
  if (native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured(what, '≥ 0.85 × bare node:http', 'no C compiler')] }
  const started = [await startManager('javascript', programs, { standIn: [] }), await startManager('bare', programs)]
  try {
    const [own, bare] = started
    const { answers: [session] } = await startMany(own?.port ?? 0, { atATime: 1, count: 1, milliseconds: 1 })
    const managers = [{ ...own as Manager, request: report(session?.id) }, { ...bare as Manager, request: report('0') }]
    const load = async ({ port, request }: { port: number, request: string }, milliseconds: number) =>
      (JSON.parse(await outputOf(native.load, [String(port), String(milliseconds), '32', request], 60_000)) as { perSecond: number }).perSecond
    for (const manager of managers) await load(manager, 1_000)
    const values = await interleave(scale, managers, async manager => await load(manager, quick ? 700 : 4_000))
    const [taken = [], floor = []] = managers.map(({ name }) => values.get(name) ?? [])
    return {
      markdown: [
        'Pings of one living session over 32 kept connections, from a load generator in C.',
        '',
        ...table(['service', 'reports/s', '× bare'], managers.map(({ name }) => [name, cell(values.get(name) ?? [], 0), cell(ratios(values.get(name) ?? [], floor), 2)]))
      ],
      targets: [judge(what, { least: 0.85 }, ' × bare node:http', ratios(taken, floor), 2, causes)]
    }
  } finally {
    await Promise.all(started.map(manager => manager.stop()))
  }
}

const report = (id: string | undefined) => `POST /api/spawns/${id}?liveliness=ping`
