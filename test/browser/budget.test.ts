import t from 'tap'
import type { Page } from 'playwright-core'
import { comesTrue } from '../fixtures/slipway.ts'
import { colours, createViewer, difference, keep, openBrowser, openPage, phase, startEmbedded } from './chromium.ts'

/** A page with a viewer of the sample model made with these options, in `window.viewer`. */
async function viewerWith (page: Page, options: object): Promise<void> {
  await page.evaluate(`(async () => {
    const { createViewer } = await import('/assets/viewer.js')
    window.viewer?.close()
    document.body.innerHTML = '<main></main>'
    window.completed = 0
    window.viewer = createViewer(document.querySelector('main'), { tools: false, ...${JSON.stringify(options)} })
    viewer.on('complete', ({ bytes, limited }) => { completed++; Object.assign(window, { bytes, limited }) })
    await viewer.load('drive-unit')
  })()`)
}

const complete = async (page: Page, atLeast: number): Promise<void> => {
  await comesTrue('the picture is complete', async () => await page.evaluate('completed') as number >= atLeast)
}

t.test('a viewer keeps to its budget and streams by its mode', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), 'about:blank')
  await page.goto(`${slipway.url}/embed.html`)
  const canvas = page.locator('canvas')
  const bytes = async (): Promise<number> => await page.evaluate('bytes') as number

  await viewerWith(page, {})
  await complete(page, 1)
  const whole = await canvas.screenshot()
  const seen = await bytes()
  t.equal(await page.evaluate('limited'), false)

  await viewerWith(page, { budget: { triangles: 30_000 } })
  await complete(page, 1)
  await keep(page, 'budget-triangles')
  const coarse = await canvas.screenshot()
  t.equal(await page.evaluate('limited'), true, 'and it says so')
  t.ok(await bytes() < seen, 'less is sent')
  t.ok(difference(whole, coarse) < 0.2 && colours(coarse) > 300, 'and it still looks like it')

  await viewerWith(page, { budget: { bytes: 1_500_000 } })
  await complete(page, 1)
  const first = await bytes()
  await page.evaluate('viewer.select(viewer.search("hex bolt").slice(0, 1)); viewer.fitSelection()')
  await complete(page, 2)
  await keep(page, 'budget-near')
  await page.evaluate('viewer.select([]); viewer.fit(); viewer.view("iso")')
  await complete(page, 3)
  t.ok(await bytes() > first, 'what had to go came again')
  t.ok(colours(await canvas.screenshot()) > 300)

  await viewerWith(page, { streamingMode: 'all' })
  await complete(page, 1)
  t.ok(await bytes() > 1.5 * seen, 'everything came')

  await viewerWith(page, { streamingMode: 'on-demand' })
  await complete(page, 1)
  t.equal(await bytes(), 0)
  await page.evaluate('viewer.request(viewer.search("hex bolt"))')
  await comesTrue('what was asked for comes', async () => colours(await canvas.screenshot()) > 100)
  await keep(page, 'on-demand')
  await page.evaluate('viewer.close()')
  t.same(page.complaints, [])
})

t.test('the page says where a budget is the limit', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), 'about:blank')
  // A stream server with a model that is too much for a browser says it in this word.
  await page.routeWebSocket(/./, socket => {
    const server = socket.connectToServer()
    server.onMessage(message => { socket.send(typeof message === 'string' ? message.replace('"limited":false', '"limited":true') : message) })
  })
  await page.goto(slipway.url)
  await page.locator('#create button:enabled').waitFor()
  const card = await createViewer(page)
  await phase(card, 'complete')
  await card.getByText('limited by this browser’s budget').waitFor()
  await keep(page, 'budget-card')
})
