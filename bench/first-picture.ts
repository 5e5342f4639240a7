import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { writeLine } from './line-of-units.ts'
import { cell, judge, type Scale, type Section, type Target } from './part.ts'
import { replanTimes } from './replan.ts'
import { startService, type Service } from './service.ts'
import { median, range } from './statistics.ts'

const flags = ['--headless', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Units of the sample assembly in a row. */
const models = { 'drive-unit': 1, 'line-of-four': 4, 'line-of-sixteen': 16, 'line-of-twenty-four': 24 }
/** From so many on the complete picture has its target: tens of millions of triangles with all instances. */
const longLine = 16

/** One click: milliseconds from the click to each phase, and what it cost. */
interface Click { times: Record<'ready' | 'open' | 'scene' | 'first-picture' | 'complete', number>, glbBytes: number, wireBytes: number | null, pss: number, triangles: number, modelTriangles: number }

/**
 * From the click to the complete picture, in a real browser, with the embedded stream server started for that click. The first click on a
 * model prepares it and is told apart; the others find the prepared model.
 */
export async function firstPicture ({ rounds, quick, tell }: Scale): Promise<Section> {
  const measured = Object.entries(models).filter(([, units]) => !quick || units === 1 || units === longLine)
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  let service: Service | undefined
  let browser: Browser | undefined
  try {
    for (const [model, units] of measured) await writeLine('models/drive-unit.glb', folder, model, units)
    service = await startService({ SLIPWAY_MODEL_DIRS: folder, SLIPWAY_WORKSPACE_DIR: join(folder, 'workspace'), SLIPWAY_LOG_DIR: '', SLIPWAY_WS_PORTS_BEGIN: '21000' })
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
    const rows: string[] = []
    const targets: Target[] = []
    for (const [model, units] of measured) {
      // For a first impression the first use ever is all there is.
      const more = quick ? 0 : rounds
      tell(`${more + 1} ${more === 0 ? 'click' : 'clicks'} on ${model}`)
      const first = await click(browser, service.url, model)
      const clicks: Click[] = quick ? [first] : []
      for (let round = 0; round < more; round++) clicks.push(await click(browser, service.url, model))
      rows.push(row(`${model}, first use ever`, [first]), ...quick ? [] : [row(model, clicks)])
      if (units >= longLine) targets.push(judge(`complete picture of ${units} units, ${(first.modelTriangles / 1e6).toFixed(1)} million triangles with all instances, from the open socket`, { most: 2500 }, ' ms', clicks.map(({ times }) => times.complete - times.open), 0))
    }
    const answers = await spawnAnswers(service.url, rounds * 2)
    tell('planning for 100,000 instances')
    const { setUp, outside, inside } = replanTimes(100_000, 41)
    targets.push(judge('plan for a new camera, 100,000 instances in sight', { most: 20 }, ' ms', outside, 1), judge('the same from within, some in sight', { most: 20 }, ' ms', inside, 1))
    const markdown = [
      '### From the click to the complete picture',
      '',
      `Page in headless Chromium (software WebGL, 1280×720) on the same machine; one stream server per click; medians of ${quick ? 'one click' : `${rounds} clicks with range`}, milliseconds.`,
      'The first three columns count from the click, the next two from the open socket. Memory is the proportional set size of the stream server when the picture is complete.',
      '',
      '| model | spawn answered | socket open | scene | first picture | complete | geometry sent | all bytes on the wire | triangles drawn | memory |',
      '|---|---|---|---|---|---|---|---|---|---|',
      ...rows,
      '',
      `\`POST /api/spawn\` with a cold embedded stream server, browser idle, one at a time: p50 ${median(answers).toFixed(0)} ms (${range(answers, 0)}) over ${answers.length}.`,
      '',
      `Planning anew for a camera, 100,000 instances of 500 parts: all in sight ${cell(outside, 1)} ms, from within ${cell(inside, 1)} ms; once, to set up, ${setUp.toFixed(0)} ms.`,
      ''
    ]
    return { markdown, targets, repeated: `${rounds} ${rounds === 1 ? 'click' : 'clicks'} on each model, one model after the other` }
  } finally {
    await browser?.close()
    await service?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function click (browser: Browser, url: string, model: string): Promise<Click> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  try {
    await page.goto(`${url}/?model=${model}`)
    const button = page.getByRole('button', { name: /create new viewer/i })
    await button.click()
    const card = page.locator('[data-phase="complete"], [data-phase="failed"]')
    await card.waitFor({ timeout: 120_000 })
    const data = await card.evaluate(element => ({ ...(element as unknown as { dataset: Record<string, string> }).dataset }))
    if (data['phase'] !== 'complete') throw new Error(`${model}: the viewer failed`)
    const { pid } = await (await fetch(`${url}/api/spawns/${data['sessionId']}`)).json() as { pid: number }
    return {
      times: JSON.parse(data['times'] ?? '{}') as Click['times'],
      glbBytes: Number(data['bytes']),
      wireBytes: bytesSentFrom(Number(data['port'])),
      triangles: Number(data['triangles']),
      modelTriangles: Number(data['modelTriangles']),
      pss: await proportionalMemory(pid)
    }
  } finally {
    await page.close()
  }
}

async function spawnAnswers (url: string, count: number): Promise<number[]> {
  const answers: number[] = []
  for (let request = 0; request < count; request++) {
    const started = performance.now()
    const { serviceId } = await (await fetch(`${url}/api/spawn`, { method: 'POST' })).json() as { serviceId: string }
    answers.push(performance.now() - started)
    await fetch(`${url}/api/spawns/${serviceId}`, { method: 'DELETE' })
  }
  return answers
}

/** Bytes; from the kernel's account of the process. */
async function proportionalMemory (pid: number): Promise<number> {
  const account = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB/m.exec(account)?.[1]) * 1024
}

/** Bytes a stream server sent to its viewer; null where the system has no `ss`. */
function bytesSentFrom (port: number): number | null {
  try {
    return Number(/bytes_sent:(\d+)/.exec(execFileSync('ss', ['-tinH', `sport = :${port}`], { encoding: 'utf8' }))?.[1] ?? NaN) || null
  } catch {
    return null
  }
}

function row (name: string, clicks: Click[]): string {
  const column = (pick: (click: Click) => number) => {
    const values = clicks.map(pick)
    return `${median(values).toFixed(0)}${values.length > 1 ? ` (${range(values, 0)})` : ''}`
  }
  const megabytes = (pick: (click: Click) => number | null) => {
    const values = clicks.map(pick).filter(value => value !== null)
    return values.length === 0 ? 'not measured' : `${(median(values) / 1e6).toFixed(2)} MB`
  }
  return `| ${[
    name,
    column(({ times }) => times.ready),
    column(({ times }) => times.open),
    column(({ times }) => times.scene),
    column(({ times }) => times['first-picture'] - times.open),
    column(({ times }) => times.complete - times.open),
    megabytes(({ glbBytes }) => glbBytes),
    megabytes(({ wireBytes }) => wireBytes),
    column(({ triangles }) => triangles),
    megabytes(({ pss }) => pss)
  ].join(' | ')} |`
}
