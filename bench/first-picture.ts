import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { click, clickColumns, clickRow, openBrowser, type Click } from './click.ts'
import { frameTime } from './frame-time.ts'
import { writeLine } from './line-of-units.ts'
import { cell, judge, notMeasured, table, type Scale, type Section, type Target } from './part.ts'
import { recognisable, recognised } from './recognition.ts'
import { replanTimes } from './replan.ts'
import { startService, type Service } from './service.ts'
import { median, range } from './statistics.ts'
import { stepFile } from './step-file.ts'

const fourUnits = 'line-of-four'
/** Units of the sample assembly in a row. */
const models = { 'drive-unit': 1, [fourUnits]: 4, 'line-of-sixteen': 16, 'line-of-twenty-four': 24 }
/** From so many on the complete picture has its target: tens of millions of triangles with all instances. */
const longLine = 16

/**
 * From the click to the complete picture, in a real browser, with the embedded stream server started for that click. The first click on a
 * model prepares it and is told apart; the others find the prepared model.
 */
export async function firstPicture (scale: Scale): Promise<Section> {
  const { rounds, quick, tell } = scale
  const measured = Object.entries(models).filter(([name, units]) => !quick || name === fourUnits || units === longLine)
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  let service: Service | undefined
  let browser: Browser | undefined
  try {
    for (const [model, units] of measured) await writeLine('models/drive-unit.glb', folder, model, units)
    service = await startService({ SLIPWAY_MODEL_DIRS: folder, SLIPWAY_WORKSPACE_DIR: join(folder, 'workspace'), SLIPWAY_LOG_DIR: '', SLIPWAY_WS_PORTS_BEGIN: '21000' })
    browser = await openBrowser()
    const rows: string[][] = []
    const targets: Target[] = []
    const [frames, looks]: [number[], number[]] = [[], []]
    for (const [model, units] of measured) {
      // For a first impression the first use ever is all there is.
      const more = quick ? 0 : rounds
      tell(`${more + 1} ${more === 0 ? 'click' : 'clicks'} on ${model}`)
      const turned = { after: async (page: Page) => { if (model === fourUnits) frames.push(await frameTime(page)) } }
      const first = await click(browser, service.url, model, quick ? turned : {})
      const clicks: Click[] = quick ? [first] : []
      for (let round = 0; round < more; round++) clicks.push(await click(browser, service.url, model, turned))
      rows.push(clickRow(`${model}, first use ever`, [first]), ...quick ? [] : [clickRow(model, clicks)])
      if (units >= longLine) targets.push(judge(`complete picture of ${units} units, ${(first.modelTriangles / 1e6).toFixed(1)} million triangles with all instances, from the open socket`, { most: 2500 }, ' ms', clicks.map(({ times }) => times.complete - times.open), 0))
      if (model !== fourUnits) continue
      tell(`${more || 1} by a narrow way on ${model}`)
      for (let round = 0; round < (more || 1); round++) looks.push(await recognised(browser, service.url, model))
      targets.push(...overview(clicks, quick), judge('recognisable picture of four units by a way of 1 MB/s, from the open socket', { most: 300 }, ' ms', looks, 0, '[why](decisions/0019-pictures-that-are-not-fine-yet.md)'))
    }
    const gpu = `only WebGL in software is there, where it is ${(1000 / median(frames)).toFixed(1)} frames/s`
    targets.push(notMeasured('four units turned in a browser with a graphics card', '≥ 30 frames/s', gpu))
    const step = await stepFile(browser, scale)
    targets.push(...step.targets)
    const answers = await spawnAnswers(service.url, rounds * 2)
    tell('planning for 100,000 instances')
    const { setUp, outside, inside } = replanTimes(100_000, 41)
    targets.push(judge('plan for a new camera, 100,000 instances in sight', { most: 20 }, ' ms', outside, 1), judge('the same from within, some in sight', { most: 20 }, ' ms', inside, 1))
    const markdown = [
      '### From the click to the complete picture',
      '',
      `Page in headless Chromium (software WebGL, 1280×720) on the same machine; one stream server per click; ${quick ? 'one click' : `medians of ${rounds} clicks with range`}, milliseconds.`,
      'The first three columns count from the click, the next two from the open socket. Memory is the proportional set size of the stream server when the picture is complete.',
      '',
      ...table(clickColumns, rows),
      `Four units by a way that takes 1 MB/s: recognisable ${cell(looks, 0)} ms after the socket opened. ${recognisable}`,
      'It counts when it is drawn to its end.',
      '',
      `Four units turned without a pause by keys: ${cell(frames, 0)} ms from frame to frame, in software on the processor cores that the stream server has too. A browser with a graphics card was not there to be measured.`,
      '',
      ...step.markdown,
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

/** What is wanted of the first look at four units. */
function overview (clicks: Click[], quick: boolean): Target[] {
  const [first, complete, bytes] = ['first picture of four units, from the open socket', 'complete picture of four units, from the open socket', 'all bytes on the wire for that']
  const wire = clicks.map(({ wireBytes }) => wireBytes).filter(count => count !== null)
  const unprepared = 'the only click prepared the model'
  return [
    quick ? notMeasured(first, '≤ 300 ms', unprepared) : judge(first, { most: 300 }, ' ms', clicks.map(({ times }) => times['first-picture'] - times.open), 0),
    quick ? notMeasured(complete, '≤ 1200 ms', unprepared) : judge(complete, { most: 1200 }, ' ms', clicks.map(({ times }) => times.complete - times.open), 0),
    wire.length < clicks.length ? notMeasured(bytes, '≤ 0.5 MB', 'the system has no `ss`') : judge(bytes, { most: 0.5 }, ' MB', wire.map(count => count / 1e6), 2),
    judge('memory of the stream server then, proportional', { most: 25 }, ' MB', clicks.map(({ pss }) => pss / 1e6), 1)
  ]
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
