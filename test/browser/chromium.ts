import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'
import tap, { type Test } from 'tap'
import { startSlipway, type Environment, type Slipway } from '../fixtures/slipway.ts'

// Without a graphics card the page is put together by the processor itself; WebGL is drawn by SwiftShader in any case.
const flags = ['--headless', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-gpu-compositing', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Those that run, by what was asked of them. */
const running = new Map<string, Promise<Browser>>()

/** The browser of this test file. Each page has a profile of its own, and all are closed when the test ends. */
export async function openBrowser (t: Test, more: string[] = []): Promise<Browser> {
  const browser = await (running.get(more.join()) ?? launch(more))
  t.teardown(async () => { await Promise.all(browser.contexts().map(async context => { await context.close() })) })
  return browser
}

async function launch (more: string[]): Promise<Browser> {
  const launched = chromium.launch({ executablePath: '/usr/bin/chromium', args: [...flags, ...more] })
  running.set(more.join(), launched)
  tap.teardown(async () => { await (await launched).close() })
  return await launched
}

/** A service with our own stream server. Those of one test file share what they prepare: the sample model is prepared once. */
export async function startEmbedded (t: Test, env: Environment = {}): Promise<Slipway> {
  if (packs === undefined) {
    const folder = packs = mkdtempSync(join(tmpdir(), 'slipway-packs-'))
    tap.teardown(() => { rmSync(folder, { recursive: true }) })
  }
  return await startSlipway(t, { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1', ...env }, { packs })
}

let packs: string | undefined

/** Of a window for tests that are not about how things look: a quarter of the pixels, of which a processor draws each. */
export const small = { viewport: { width: 640, height: 400 } }

/** The page, opened, with a list of the errors it throws or tells the console. */
export async function openPage (browser: Browser, url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page & { complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, ...options })
  const complaints: string[] = []
  page.on('pageerror', error => { complaints.push(error.message) })
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  await page.goto(url)
  return Object.assign(page, { complaints })
}

/** Presses the button and gives the new viewer's card. */
export async function createViewer (page: Page) {
  const cards = page.locator('article.card')
  const before = await cards.count()
  await page.getByRole('button', { name: 'Create New Viewer' }).click()
  const card = cards.nth(before)
  await card.waitFor()
  return card
}

export type Card = Awaited<ReturnType<typeof createViewer>>

/** Waits until a viewer has come to a phase. */
export async function phase (card: Card, name: string): Promise<void> {
  const handle = await card.elementHandle()
  await card.page().waitForFunction(({ element, wanted }) => {
    const { phase = '' } = (element as unknown as { dataset: Record<string, string> }).dataset
    if (phase === 'failed' && wanted !== 'failed') throw new Error('the viewer failed')
    return phase === wanted
  }, { element: handle, wanted: name }, { timeout: 60_000 })
}

export async function dataOf (card: Card): Promise<Record<string, string>> {
  return await card.evaluate(element => ({ ...(element as unknown as { dataset: Record<string, string> }).dataset }))
}

/** Share of pixels, 0 to 1, that differ between two pictures of the same size. */
export function difference (before: Buffer, after: Buffer): number {
  const [a, b] = [PNG.sync.read(before), PNG.sync.read(after)]
  return pixelmatch(a.data, b.data, undefined, a.width, a.height, { threshold: 0.1 }) / (a.width * a.height)
}

/** How many colours a picture has: a blank one has few. */
export function colours (picture: Buffer): number {
  const { data } = PNG.sync.read(picture)
  const seen = new Set<number>()
  for (let at = 0; at < data.length; at += 4) seen.add(data.readUIntBE(at, 3))
  return seen.size
}

/** Keeps a screenshot of the page as a file, to be looked at. */
export async function keep (page: Page, name: string): Promise<void> {
  mkdirSync('test/browser/screenshots', { recursive: true })
  await page.screenshot({ path: `test/browser/screenshots/${name}.png` })
}
