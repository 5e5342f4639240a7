import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { PNG } from 'pngjs'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { colours, createViewer, difference, keep, openBrowser, openPage, phase, type Card } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

/** Every picture takes so many milliseconds, as far as the page can tell. */
const pretend = (milliseconds: number): string => `{
  const { prototype } = WebGL2RenderingContext
  const { fenceSync } = prototype
  const begun = new WeakMap()
  prototype.fenceSync = function (...all) {
    const fence = fenceSync.apply(this, all)
    begun.set(fence, performance.now())
    return fence
  }
  prototype.getSyncParameter = function (fence) { return performance.now() - begun.get(fence) < ${milliseconds} ? this.UNSIGNALED : this.SIGNALED }
}`

/** Everything is done in a fiftieth of the time, as far as the page can tell. */
const hurry = `{
  const now = performance.now.bind(performance)
  performance.now = () => now() / 50
}`

/** Looks at every picture right after it was drawn, at what is told to the stream server of the view, and how wide the picture is when it is said to be complete. */
const recorder = `{
  window.pictures = []
  window.focals = []
  window.completeAt = []
  const context = new OffscreenCanvas(64, 36).getContext('2d', { willReadFrequently: true })
  let drawn = false
  let emptied = false
  let smooth = false
  const { clear } = WebGL2RenderingContext.prototype
  WebGL2RenderingContext.prototype.clear = function (mask) { drawn = true; clear.call(this, mask) }
  const { blitFramebuffer } = WebGL2RenderingContext.prototype
  WebGL2RenderingContext.prototype.blitFramebuffer = function (...all) { smooth = true; blitFramebuffer.apply(this, all) }
  const width = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width')
  Object.defineProperty(HTMLCanvasElement.prototype, 'width', { ...width, set (value) { emptied = true; width.set.call(this, value) } })
  const request = requestAnimationFrame
  window.requestAnimationFrame = draw => request(now => {
    drawn = emptied = smooth = false
    draw(now)
    if (!drawn && !emptied) return
    const canvas = document.querySelector('.stage canvas')
    context.clearRect(0, 0, 64, 36)
    context.drawImage(canvas, 0, 0, 64, 36)
    window.pictures.push({ width: canvas.width, smooth, blank: context.getImageData(0, 0, 64, 36).data.every(value => value === 0) })
  })
  const { send } = WebSocket.prototype
  WebSocket.prototype.send = function (text) {
    const { type, focal } = JSON.parse(text)
    if (type === 'camera') window.focals.push(focal)
    send.call(this, text)
  }
  new MutationObserver(changes => {
    for (const { target } of changes) if (target.dataset.phase === 'complete') window.completeAt.push(target.querySelector('canvas').width)
  }).observe(document, { subtree: true, attributeFilter: ['data-phase'] })
}`

interface Picture { width: number, smooth: boolean, blank: boolean }
const recorded = async (page: Page): Promise<Picture[]> => await page.evaluate('pictures')
const forget = async (page: Page): Promise<void> => { await page.evaluate('pictures.length = 0') }
const widthOf = async (card: Card): Promise<number> => await card.locator('canvas').evaluate(canvas => (canvas as unknown as { width: number }).width)

/** Turns the model by the keyboard while something is done, or moves it otherwise. */
async function turning<Value> (page: Page, action: () => Promise<Value>, key = 'ArrowLeft'): Promise<Value> {
  await page.evaluate(`window.turning = setInterval(() => { document.querySelector('.stage canvas').dispatchEvent(new KeyboardEvent('keydown', { key: '${key}' })) }, 40)`)
  const value = await action()
  await page.evaluate('clearInterval(turning)')
  return value
}

t.test('where drawing is slow, what moves is drawn small and with hard edges, what rests as well as can be, and nothing flashes', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), 'about:blank', { viewport: { width: 1920, height: 1080 } })
  await page.addInitScript(pretend(150) + recorder)
  await page.goto(slipway.url)
  const card = await createViewer(page)
  const box = await card.locator('canvas').boundingBox()
  const full = Math.floor(box?.width ?? NaN)
  await phase(card, 'complete')
  t.strictSame(await page.evaluate('completeAt'), [full], 'it is complete when it is fine')
  const whole = await card.locator('canvas').screenshot()
  await keep(page, 'sharp')

  await t.test('the first picture is small', async t => {
    const seen = (await recorded(page)).filter(({ blank }) => !blank)
    t.ok(seen[0] !== undefined && seen[0].width < full * 0.9 && !seen[0].smooth, JSON.stringify(seen))
    const from = (await recorded(page)).findIndex(({ blank }) => !blank)
    t.notOk((await recorded(page)).slice(from).some(({ blank }) => blank), 'from the first one on none is blank')
  })

  await t.test('it has the same colours, fine or not', async t => {
    // It is fitted into the picture already: nothing moves but what is said to.
    await turning(page, async () => {
      await comesTrue('it is drawn small', async () => await widthOf(card) < full * 0.9)
      const apart = difference(whole, await card.locator('canvas').screenshot())
      t.ok(apart > 0.001 && apart < 0.15, `${apart} of it differs`)
    }, 'f')
    await comesTrue('it is fine again', async () => await widthOf(card) === full)
  })

  await t.test('while it is turned it is small, and fills the same place', async t => {
    await forget(page)
    await turning(page, async () => {
      await comesTrue('it is drawn small', async () => await widthOf(card) < full * 0.9)
      t.strictSame(await card.locator('canvas').boundingBox(), box)
      t.ok(colours(await card.locator('canvas').screenshot()) > 300, 'it is a picture of something')
      await keep(page, 'turning')
    })
    await comesTrue('at rest it is drawn in full', async () => await widthOf(card) === full)
    t.ok(difference(whole, await card.locator('canvas').screenshot()) > 0.02, 'it was turned')
    const pictures = await recorded(page)
    t.ok(pictures.filter(({ width, smooth }) => width < full * 0.9 && !smooth).length > 1, JSON.stringify(pictures))
    t.ok(pictures.at(-1)?.smooth, 'the last one has smooth edges')
    t.notOk(pictures.some(({ blank }) => blank), 'no picture is blank')
  })

  await t.test('a saved picture has the full size, whatever moves', async t => {
    const downloaded = page.waitForEvent('download')
    await page.evaluate(`document.querySelector('.stage canvas').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }))
      document.querySelector('[aria-label="Save picture"]').click()`)
    const { width, height } = PNG.sync.read(await readFile(await (await downloaded).path()))
    t.strictSame([width, height], [full, Math.floor(box?.height ?? NaN)])
  })

  await comesTrue('it comes to rest', async () => await widthOf(card) === full)
  const focals = await page.evaluate<number[]>('focals')
  t.equal(new Set(focals).size, 1, `the server is told of pictures in full: ${focals.join(' ')}`)
  t.same(page.complaints, [])
})

t.test('where drawing is fast, it is all drawn in full', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), 'about:blank')
  await page.addInitScript(hurry + recorder)
  await page.goto(slipway.url)
  const card = await createViewer(page)
  const full = Math.floor((await card.locator('canvas').boundingBox())?.width ?? NaN)
  await phase(card, 'complete')
  await comesTrue('it is known to be fast', async () => {
    await forget(page)
    await turning(page, async () => { await comesTrue('it is drawn', async () => (await recorded(page)).length >= 3) })
    const pictures = await recorded(page)
    return pictures.every(({ width, smooth }) => width === full && smooth)
  })
  await forget(page)
  const pictures = await turning(page, async () => {
    await comesTrue('it is drawn', async () => (await recorded(page)).length >= 10)
    return await recorded(page)
  })
  t.strictSame(pictures.filter(({ width, smooth, blank }) => width !== full || !smooth || blank), [])
  t.same(page.complaints, [])
})

t.test('geometry is asked for as soon as the scene is known, before anything is drawn', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), 'about:blank')
  await page.addInitScript('{ const request = requestAnimationFrame; const held = window.held = []; window.requestAnimationFrame = draw => held.push(draw); window.release = () => { window.requestAnimationFrame = request; held.forEach(draw => request(draw)) } }')
  const came = new Promise<void>(resolve => {
    page.on('websocket', socket => { socket.on('framereceived', ({ payload }) => { if (typeof payload !== 'string') resolve() }) })
  })
  await page.goto(slipway.url)
  const card = await createViewer(page)
  await came
  t.ok(await page.evaluate('held.length') as number > 0)
  await page.evaluate('release()')
  await phase(card, 'complete')
})
