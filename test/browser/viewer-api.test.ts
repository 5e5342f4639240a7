import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Page } from 'playwright-core'
import { comesTrue } from '../fixtures/slipway.ts'
import { colours, keep, openBrowser, openPage, phase, startEmbedded } from './chromium.ts'

/** Runs code in the page, where `viewer` is the viewer and `told` what it told. */
const ask = async <Answer> (page: Page, code: string): Promise<Answer> => await page.evaluate<Answer>(`(async () => { const { viewer, told } = window.test; ${code} })()`)

const running = async (url: string): Promise<number> => ((await (await fetch(`${url}/api/spawns`)).json()) as { spawns: unknown[] }).spawns.length

t.test('a page shows a model with a few lines of its own', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), 'about:blank')
  await page.goto(`${slipway.url}/embed.html`)
  await page.evaluate(`(async () => {
    const before = Object.getOwnPropertyNames(window)
    const { createViewer } = await import('/assets/viewer.js')
    document.body.innerHTML = '<main></main>'
    const viewer = createViewer(document.querySelector('main'), { idleMinutes: 60 })
    const told = []
    for (const name of ['state', 'complete', 'selection', 'ended']) viewer.on(name, what => { told.push([name, what]) })
    window.test = { viewer, told, globals: () => Object.getOwnPropertyNames(window).filter(name => !before.includes(name) && name !== 'test') }
    await viewer.load('drive-unit')
  })()`)
  await comesTrue('the picture is complete', async () => await ask(page, 'return told.some(([name]) => name === "complete")'))
  t.equal(await ask(page, 'return viewer.state'), 'open')
  const bolts = await ask<number[]>(page, 'return viewer.search("hex bolt")')
  t.ok(bolts.length > 10, `${bolts.length} bolts`)
  t.match(await ask(page, 'viewer.select(viewer.search("hex bolt")); return told.at(-1)'), ['selection', bolts])
  t.match(await ask(page, 'return viewer.properties(viewer.selected)'), { count: bolts.length })
  await ask(page, 'viewer.isolate(viewer.selected); viewer.fitSelection(); viewer.view("top"); viewer.setSection({ axis: "z", position: 0.5, flipped: false })')
  t.ok(await ask<number>(page, 'return (await viewer.screenshot()).size') > 5000, 'a picture of it')
  await keep(page, 'api')
  t.same(await ask(page, 'return window.test.globals()'), [], 'no globals')
  await ask(page, 'await viewer.load("drive-unit")')
  await comesTrue('one session followed the other', async () => await running(slipway.url) === 1)
  t.equal(await page.locator('canvas').count(), 1)
  t.match(await ask(page, 'return viewer.load("nothing").then(() => "", error => error.message)'), /no.*model/i)
  t.equal(await ask(page, 'return viewer.state'), 'ended')
  await page.getByRole('button', { name: 'Start again' }).waitFor()
  await ask(page, 'viewer.close(); viewer.close()')
  t.equal(await page.locator('main > *').count(), 0)
  await comesTrue('no stream server is left', async () => await running(slipway.url) === 0)
})

t.test('a page of another origin frames a viewer when it may ask for one, and not otherwise', async t => {
  const site = createServer((request, response) => {
    const service = new URL(request.url ?? '', 'http://site').searchParams.get('service') ?? ''
    response.setHeader('content-type', 'text/html').end(`<iframe src="${service}/embed.html?model=drive-unit" width="500" height="350"></iframe>`)
  }).listen(0, '127.0.0.1')
  t.teardown(() => { site.closeAllConnections(); site.close() })
  await once(site, 'listening')
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const [allowed, other] = [await startEmbedded(t, { SLIPWAY_CORS_ORIGIN: origin }), await startEmbedded(t)]
  const browser = await openBrowser(t)
  const page = await openPage(browser, `${origin}/?service=${allowed.url}`)
  await page.frameLocator('iframe').locator('.slipway-viewer[data-state=open]').waitFor()
  await comesTrue('it draws', async () => colours(await page.locator('iframe').screenshot()) > 300)
  await page.goto('about:blank')
  await comesTrue('its stream server went with it', async () => await running(allowed.url) === 0)
  const refused = page.waitForEvent('console', { predicate: message => message.text().includes('frame-ancestors') })
  await page.goto(`${origin}/?service=${other.url}`)
  await refused
  t.equal(await running(other.url), 0)
})

t.test('a viewer in an iframe, and one that nobody uses', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), `${slipway.url}/embed.html`, { viewport: { width: 720, height: 480 } })
  await page.evaluate('document.body.innerHTML = \'<iframe src="embed.html?model=drive-unit" width="700" height="450"></iframe>\'')
  const frame = page.frameLocator('iframe')
  await frame.locator('.slipway-viewer[data-state=open]').waitFor()
  await comesTrue('it draws', async () => colours(await page.locator('iframe').screenshot()) > 300)
  await keep(page, 'iframe')
  await page.evaluate('document.body.innerHTML = ""')
  await comesTrue('its stream server went with it', async () => await running(slipway.url) === 0)

  await page.evaluate(`(async () => {
    const { createViewer } = await import('/assets/viewer.js')
    document.body.innerHTML = '<main></main>'
    const viewer = createViewer(document.querySelector('main'), { model: 'drive-unit', idleMinutes: 0.1, idleWarningSeconds: 4 })
    window.test = { viewer, told: [] }
  })()`)
  const warning = page.getByText('since nobody uses it')
  await warning.waitFor()
  await page.getByRole('button', { name: 'Stay' }).waitFor()
  await page.mouse.move(200, 200)
  await page.mouse.move(220, 210)
  await warning.waitFor({ state: 'hidden' })
  await page.getByText('since nobody used it').waitFor()
  await comesTrue('its stream server is gone', async () => await running(slipway.url) === 0)
  await keep(page, 'idle')
  await page.getByRole('button', { name: 'Start again' }).click()
  await page.locator('.slipway-viewer[data-state=open]').waitFor()
  await comesTrue('a new one has begun', async () => await running(slipway.url) === 1)

  await page.evaluate('document.querySelector("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext()')
  await page.getByText('took the drawing surface away').waitFor()
  await page.getByRole('button', { name: 'Start again' }).click()
  await page.locator('.slipway-viewer[data-state=open]').waitFor()
})

t.test('what an older model has to say yet is not heard', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), `${slipway.url}/embed.html`)
  const steps = await page.evaluate(`(async () => {
    const { createViewer } = await import('/assets/viewer.js')
    document.body.innerHTML = '<main></main>'
    const viewer = createViewer(document.querySelector('main'), { mode: 'single' })
    const steps = []
    viewer.on('progress', ({ step }) => { steps.push(step) })
    const real = fetch
    const asked = []
    const again = new Promise(resolve => {
      window.fetch = async (url, options) => {
        if (!String(url).includes('model=older')) return await real(url, options)
        if (asked.length > 0) resolve()
        return await new Promise(resolve => { asked.push(resolve) })
      }
    })
    viewer.load('older').catch(() => {})
    const loaded = viewer.load('drive-unit')
    asked[0](new Response('{"percent":7,"step":"Late"}', { status: 202 }))
    await again
    await loaded
    return steps
  })()`) as string[]
  t.ok(steps.length > 0)
  t.notOk(steps.includes('Late'), steps.join())
  t.equal(await page.locator('.slipway-viewer').getAttribute('data-state'), 'open')
})

t.test('a link opens a model in a mode', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), `${slipway.url}/?model=drive-unit&mode=csr`)
  await phase(page.locator('article.card'), 'complete')
  t.same(page.complaints, [])
})
