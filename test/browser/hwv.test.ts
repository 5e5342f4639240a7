import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway, type Environment, type Slipway } from '../fixtures/slipway.ts'
import { keep, openBrowser, openPage } from './chromium.ts'

const fixtures = 'test/fixtures/hwv'

/** What the stand-in for the viewer saw, and what it was made with. */
interface Stand { options: Record<string, unknown>, seen: Record<string, unknown> }

/** A service with folders that hold a stand-in for the HOOPS Web Viewer, by its names there. */
async function withViewer (t: Test, { at = [''], env = {} }: { at?: string[], env?: Environment } = {}) {
  const folder = t.testdir({ files: {}, models: { 'turbine.scz': '', 'gear box.scz': '' } })
  for (const place of at) {
    mkdirSync(join(folder, 'files', place), { recursive: true })
    cpSync(fixtures, join(folder, 'files', place), { recursive: true })
  }
  return await startSlipway(t, { SLIPWAY_STATIC_DIRS: join(folder, 'files'), SLIPWAY_MODEL_DIRS: join(folder, 'models'), ...env })
}

const usual = await withViewer(t)
const without = await startSlipway(t)

/** A service that several tests use, each of which finds it without sessions. */
function shared (t: Test, slipway: Slipway): Slipway {
  t.teardown(async () => { await comesTrue('no session is left', async () => (await spawns(slipway.url)).length === 0) })
  return slipway
}

async function phase (page: Page, name: string): Promise<void> {
  await page.locator(`article.card[data-phase=${name}]`).waitFor()
}

/** The last viewer that the page made. */
async function stand (page: Page): Promise<Stand> {
  return await page.evaluate(() => {
    const { options, seen } = (globalThis as unknown as { hoopsViewers: Stand[] }).hoopsViewers.at(-1) ?? { options: {}, seen: {} }
    return { options, seen }
  })
}

/** Has the last viewer call one of the page's callbacks. */
async function tell (page: Page, name: string, ...facts: unknown[]): Promise<void> {
  await page.evaluate(([callback, ...more]) => {
    (globalThis as unknown as { hoopsViewers: Array<{ tell: (...facts: unknown[]) => void }> }).hoopsViewers.at(-1)?.tell(callback, ...more)
  }, [name, ...facts])
}

async function spawns (url: string): Promise<Array<{ id: string }>> {
  return (await (await fetch(`${url}/api/spawns`)).json() as { spawns: Array<{ id: string }> }).spawns
}

/** What a browser says itself about files that are asked for and are not there. */
const unexpected = (complaints: string[]) => complaints.filter(words => !/status of 404/.test(words))

t.test('by REST: a stream server is asked for, the viewer connects to it, and shutting down ends it', async t => {
  const slipway = shared(t, usual)
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html`)
  await page.getByRole('heading', { name: 'The HOOPS Web Viewer is here' }).waitFor()
  await keep(page, 'hwv-present')
  t.same(await page.locator('datalist option').evaluateAll(options => options.map(option => (option as unknown as { value: string }).value)), ['gear box', 'turbine'])
  await page.getByLabel('Model', { exact: true }).fill('turbine')
  await page.getByLabel('Session token').fill('s3cret')
  await page.getByRole('button', { name: 'Open' }).click()
  await phase(page, 'complete')
  await keep(page, 'hwv-rest')

  const [session] = await spawns(slipway.url)
  t.equal(processesWithArgument(session?.id ?? '').length, 1)
  const { options, seen } = await stand(page)
  t.match(options, { containerId: 'hoops-viewer', endpointUri: /^ws:\/\/127\.0\.0\.1:\d+$/, model: 'turbine', rendererType: 0, sessionToken: 's3cret', enginePath: slipway.url })
  t.match(seen, { engine: 'application/wasm', evaluated: 42, worker: 'works', echo: { model: 'turbine', sessionToken: 's3cret' }, protocol: '' })
  t.equal(await page.locator('[data-role=endpoint]').textContent(), options['endpointUri'])
  t.notMatch(page.url(), /s3cret/)

  await page.getByRole('button', { name: 'Shut down' }).click()
  await phase(page, 'closed')
  await comesTrue('its stream server is gone', async () => (await spawns(slipway.url)).length === 0)
  t.match(await (await fetch(`${slipway.url}/api/spawns/${session?.id}`)).json(), { state: 'stopped', exitCode: 0 })
  t.same(unexpected(page.complaints), [])
})

t.test('by the WebSocket proxy: one connection to the service, for server rendering too', async t => {
  const slipway = await withViewer(t, { at: ['web_viewer'] })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html`)
  await page.getByRole('radio', { name: 'WebSocket proxy' }).check()
  t.equal(await page.getByLabel('Session token').isVisible(), false)
  await page.getByLabel('Model', { exact: true }).fill('gear box')
  await page.getByLabel('Renderer').selectOption('ssr')
  await page.getByRole('button', { name: 'Open' }).click()
  await phase(page, 'complete')
  const { options, seen } = await stand(page)
  t.match(options, { endpointUri: `ws://127.0.0.1:${slipway.port}/?renderingLocation=ssr`, model: 'gear box', rendererType: 1, enginePath: `${slipway.url}/web_viewer` })
  t.match(seen, { echo: { model: 'gear box' }, protocol: 'binary' })
  t.notOk('sessionToken' in options)
  await page.close()
  await comesTrue('its stream server is gone with the tab', async () => (await spawns(slipway.url)).length === 0)
})

t.test('a single file: no stream server; what is not there is told', async t => {
  const slipway = shared(t, usual)
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html`)
  await page.getByRole('radio', { name: 'Single file' }).check()
  await page.getByLabel('File', { exact: true }).fill('/engine-block.scs')
  await page.getByRole('button', { name: 'Open' }).click()
  await phase(page, 'complete')
  await keep(page, 'hwv-file')
  const { options, seen } = await stand(page)
  t.match(options, { endpointUri: `${slipway.url}/engine-block.scs`, rendererType: 0, model: undefined })
  t.match(seen, { file: /^a single file/, type: 'application/octet-stream', length: '52' })
  t.same(await spawns(slipway.url), [])
  for (const [file, words] of [['/nothing.scs', /no file at \/nothing\.scs/], ['https://elsewhere.test/x.scs', /another server/], ['http://', /not the address/]] as const) {
    await page.getByLabel('File', { exact: true }).fill(file)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('alert').filter({ hasText: words }).waitFor()
    await phase(page, 'failed')
  }
  t.same(unexpected(page.complaints), [])
})

t.test('a link opens its view, and so does the page when it is loaded again', async t => {
  const slipway = shared(t, usual)
  for (const [query, endpoint] of [
    ['?way=rest&model=turbine&renderer=ssr', /^ws:\/\/127\.0\.0\.1:\d+$/],
    ['?way=proxy&model=turbine', /renderingLocation=csr$/],
    ['?way=scs&scs=engine-block.scs', /\/engine-block\.scs$/],
    ['?scs=/engine-block.scs', /\/engine-block\.scs$/]
  ] as const) {
    const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html${query}`)
    await phase(page, 'complete')
    t.match((await stand(page)).options['endpointUri'], endpoint, query)
    const link = page.url()
    await page.reload()
    await phase(page, 'complete')
    t.equal(page.url(), link)
    await page.close()
  }
})

t.test('a page finds its seat again, whoever waits for one, until it is shut down', async t => {
  const slipway = await withViewer(t, { env: { SLIPWAY_MAX_SESSIONS: '1', SLIPWAY_QUEUE_LENGTH: '2' } })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=rest&model=turbine`)
  await phase(page, 'complete')
  const [before] = await spawns(slipway.url)
  // Between the answer and the scene the viewer asks for its engine.
  let holds = false
  await page.route('**/engine.esm.wasm', async route => { if (!holds || route.request().method() !== 'GET') await route.continue() })
  let served = false
  const other = fetch(`${slipway.url}/api/spawn`, { method: 'POST' }).then(async answer => {
    served = true
    return await answer.json() as { result: string }
  })
  await comesTrue('somebody waits', async () => (await (await fetch(`${slipway.url}/metrics`)).text()).includes('slipway_queue_depth 1'))
  await page.reload()
  await phase(page, 'complete')
  const [after] = await spawns(slipway.url)
  t.not(after?.id, before?.id, 'another session, since this stream server ends with its viewer')
  t.notOk(served)

  await page.getByLabel('Model', { exact: true }).fill('gear box')
  await page.getByRole('button', { name: 'Open' }).click()
  await page.locator('article.card[data-phase=complete]').filter({ hasText: 'gear box' }).waitFor()
  t.notOk(served, 'nor when it shows another model')

  await tell(page, 'websocketConnectionClosed')
  await phase(page, 'failed')
  await page.reload()
  await phase(page, 'complete')
  t.notOk(served, 'nor when its connection was lost before')

  holds = true
  await page.reload()
  await phase(page, 'open')
  holds = false
  await page.reload()
  await phase(page, 'complete')
  t.notOk(served, 'nor before its scene had come')

  await page.getByRole('button', { name: 'Shut down' }).click()
  t.match(await other, { result: 'ok' })
})

t.test('what a link says is text, not markup', async t => {
  const slipway = shared(t, usual)
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=proxy&model=${encodeURIComponent('<img src=x onerror=alert(1)>')}`)
  await phase(page, 'complete')
  t.equal(await page.getByRole('heading', { level: 2 }).textContent(), '<img src=x onerror=alert(1)>')
  t.equal(await page.locator('img[src=x]').count(), 0)
})

t.test('where the files are not, the page says where to put them', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MODEL_DIRS: t.testdir({ 'turbine.scz': '' }) })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?model=turbine`)
  await page.getByRole('heading', { name: 'not here yet' }).waitFor()
  await keep(page, 'hwv-absent')
  t.match(await page.locator('.absent').innerText(), /SLIPWAY_STATIC_DIRS=[^]*web_viewer\/[^]*hoops-web-viewer\.mjs/)
  t.equal(await page.getByRole('button', { name: 'Open' }).isVisible(), false)
  t.same(await spawns(slipway.url), [])
  t.same(unexpected(page.complaints), [])
})

t.test('an engine that is missing is told', async t => {
  const folder = t.testdir({ web: { 'hoops-web-viewer.mjs': 'export class WebViewer {}' } })
  const slipway = await startSlipway(t, { SLIPWAY_STATIC_DIRS: `${folder}/web` })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html`)
  await page.getByRole('alert').filter({ hasText: 'engine.esm.wasm is not beside /hoops-web-viewer.mjs' }).waitFor()
})

t.test('a viewer of the older kind is taken from its global name; one that is none is told, and no stream server is started', async t => {
  const code = `globalThis.Communicator = (() => {\n${readFileSync(join(fixtures, 'hoops-web-viewer.mjs'), 'utf8').replaceAll('export ', '')}\nreturn { RendererType, WebViewer }\n})()`
  const folder = t.testdir({ iife: { 'hoops-web-viewer.iife.js': code }, none: { 'hoops_web_viewer.js': 'globalThis.Communicator = {}', 'engine-wasm.js': '' } })
  cpSync(join(fixtures, 'engine.esm.wasm'), join(folder, 'iife/engine.esm.wasm'))
  const slipway = await startSlipway(t, { SLIPWAY_STATIC_DIRS: join(folder, 'iife') })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=proxy&model=m`)
  await phase(page, 'complete')
  const other = await startSlipway(t, { SLIPWAY_STATIC_DIRS: join(folder, 'none') })
  const lame = await openPage(await openBrowser(t), `${other.url}/hwv.html?way=rest&model=m`)
  await lame.getByRole('alert').filter({ hasText: '/hoops_web_viewer.js brings no WebViewer' }).waitFor()
  t.same(await spawns(other.url), [])
})

t.test('what the viewer tells is said in words: a warning that can be answered, a part that is missing, a model that is not there', async t => {
  const slipway = shared(t, usual)
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=proxy&model=turbine`)
  await phase(page, 'complete')
  await tell(page, 'timeoutWarning', 1)
  await page.getByText('It closes in a minute.').waitFor()
  await keep(page, 'hwv-idle')
  await page.getByRole('button', { name: 'Keep it open' }).click()
  t.match((await stand(page)).seen, { kept: true })
  t.equal(await page.getByRole('button', { name: 'Keep it open' }).isVisible(), false)
  await tell(page, 'missingModel', 'wheels/left.sc')
  await page.getByRole('alert').filter({ hasText: 'A part of the model is missing: wheels/left.sc' }).waitFor()
  await tell(page, 'timeout')
  await phase(page, 'closed')
  t.match(await page.locator('[data-role=ended]').textContent(), /nobody used it/)
  await comesTrue('its stream server is gone', async () => (await spawns(slipway.url)).length === 0)

  await page.getByLabel('Model', { exact: true }).fill('no-such-model')
  await page.getByRole('button', { name: 'Open' }).click()
  await phase(page, 'failed')
  t.match(await page.locator('[data-role=ended]').textContent(), /“no-such-model” could not be loaded: unknown model/)
})

t.test('a stream server that dies, a service that is full and one that is gone are told', async t => {
  const slipway = await withViewer(t, { env: { SLIPWAY_MAX_SESSIONS: '1' } })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=rest&model=turbine`)
  await phase(page, 'complete')
  const second = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=rest&model=turbine`)
  await second.getByRole('alert').filter({ hasText: /all seats are taken/i }).waitFor()
  const third = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=proxy&model=turbine`)
  await third.getByRole('alert').filter({ hasText: /every seat is taken/i }).waitFor()
  const [session] = await spawns(slipway.url)
  await fetch(`${slipway.url}/api/spawns/${session?.id}`, { method: 'DELETE' })
  await phase(page, 'failed')
  t.match(await page.locator('[data-role=ended]').textContent(), /connection to the stream server was lost/)
  await keep(page, 'hwv-lost')
  await slipway.stop()
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('alert').filter({ hasText: /cannot be reached/ }).waitFor()
})

t.test('with the embedded stream server only files are offered', async t => {
  const slipway = await withViewer(t, { env: { SLIPWAY_STREAM_SERVER: '', SLIPWAY_MODEL_DIRS: '' } })
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html`)
  await page.getByText('which the HOOPS Web Viewer cannot talk to').waitFor()
  t.equal(await page.getByRole('radio', { name: 'REST handshake' }).isDisabled(), true)
  t.equal(await page.getByRole('radio', { name: 'Single file' }).isChecked(), true)
  await keep(page, 'hwv-embedded')
  await page.getByLabel('File', { exact: true }).fill('engine-block.scs')
  await page.getByRole('button', { name: 'Open' }).click()
  await phase(page, 'complete')
})

t.test('it is used with the keyboard alone', async t => {
  const slipway = shared(t, usual)
  const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html`)
  await page.locator('#wish button:enabled').waitFor()
  await page.getByRole('radio', { name: 'REST handshake' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Tab')
  await page.keyboard.type('turbine')
  await page.keyboard.press('Enter')
  await phase(page, 'complete')
  t.match((await stand(page)).options, { endpointUri: /renderingLocation/, model: 'turbine' })
  await page.getByRole('button', { name: 'Shut down' }).focus()
  await page.keyboard.press('Enter')
  await phase(page, 'closed')
  t.same(unexpected(page.complaints), [])
})

for (const [name, options] of [
  ['dark', { colorScheme: 'dark' as const }],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
  ['narrow', { viewport: { width: 820, height: 1000 } }]
] as const) {
  t.test(`it looks right: ${name}`, async t => {
    const slipway = shared(t, usual)
    const page = await openPage(await openBrowser(t), `${slipway.url}/hwv.html?way=proxy&model=turbine`, options)
    await phase(page, 'complete')
    await page.evaluate('scrollTo(0, 0)')
    await page.screenshot({ path: `test/browser/screenshots/hwv-${name}.png`, fullPage: true })
    const plain = shared(t, without)
    const absent = await openPage(await openBrowser(t), `${plain.url}/hwv.html`, options)
    await absent.getByRole('heading', { name: 'not here yet' }).waitFor()
    await absent.screenshot({ path: `test/browser/screenshots/hwv-absent-${name}.png`, fullPage: true })
    for (const shown of [page, absent]) {
      t.equal(await shown.evaluate('Math.max(document.documentElement.scrollWidth, innerWidth)'), shown.viewportSize()?.width, 'nothing sticks out at the side')
      t.same(unexpected(shown.complaints), [])
    }
  })
}
