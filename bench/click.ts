import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { chromium, type Browser, type Page } from 'playwright-core'
import { cell } from './part.ts'
import { median } from './statistics.ts'

const flags = ['--headless', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Chromium without a window, which draws WebGL in software wherever it runs. */
export async function openBrowser (): Promise<Browser> {
  return await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
}

/** One click: milliseconds from the click to each phase, and what it cost. */
export interface Click { times: Record<'ready' | 'open' | 'scene' | 'first-picture' | 'complete', number>, glbBytes: number, wireBytes: number | null, pss: number, triangles: number, modelTriangles: number }

/** Creates a viewer of `model` and waits for its complete picture. @param before is done with the page before it is opened, `after` with the complete picture in it */
export async function click (browser: Browser, url: string, model: string, { before, after }: Partial<Record<'before' | 'after', (page: Page) => Promise<void>>> = {}): Promise<Click> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  try {
    await before?.(page)
    await page.goto(`${url}/?model=${model}`)
    await page.getByRole('button', { name: /create new viewer/i }).click()
    const card = page.locator('[data-phase="complete"], [data-phase="failed"]')
    await card.waitFor({ timeout: 120_000 })
    const data = await card.evaluate(element => ({ ...(element as unknown as { dataset: Record<string, string> }).dataset }))
    if (data['phase'] !== 'complete') throw new Error(`${model}: the viewer failed`)
    const { pid } = await (await fetch(`${url}/api/spawns/${data['sessionId']}`)).json() as { pid: number }
    const clicked = {
      times: JSON.parse(data['times'] ?? '{}') as Click['times'],
      glbBytes: Number(data['bytes']),
      wireBytes: bytesSentFrom(Number(data['port'])),
      triangles: Number(data['triangles']),
      modelTriangles: Number(data['modelTriangles']),
      pss: await proportionalMemory(pid)
    }
    await after?.(page)
    return clicked
  } finally {
    await page.close()
  }
}

export const clickColumns = ['model', 'spawn answered', 'socket open', 'scene', 'first picture', 'complete', 'geometry sent', 'all bytes on the wire', 'triangles drawn', 'memory']

/** A row of the table of clicks. */
export function clickRow (name: string, clicks: Click[]): string[] {
  const column = (pick: (click: Click) => number) => cell(clicks.map(pick), 0)
  const megabytes = (pick: (click: Click) => number | null) => {
    const values = clicks.map(pick).filter(value => value !== null)
    return values.length === 0 ? 'not measured' : `${(median(values) / 1e6).toFixed(2)} MB`
  }
  return [
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
  ]
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
