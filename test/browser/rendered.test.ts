import t from 'tap'
import { comesTrue } from '../fixtures/slipway.ts'
import { NarrowWay } from '../stream-server/support/narrow-way.ts'
import { colours, createViewer, dataOf, difference, keep, openBrowser, openPage, phase, startEmbedded } from './chromium.ts'

t.test('a browser without WebGL is shown pictures that the stream server renders, which look like those a browser draws', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), 'about:blank')
  await page.goto(slipway.url)
  // Behind a picture that is drawn here the page's gradient shows through; one that is rendered elsewhere is painted on a plain ground.
  await page.evaluate('{ const plain = new CSSStyleSheet(); plain.replaceSync(".stage { background: var(--stage-bottom) !important } .slipway-tools { visibility: hidden }"); document.adoptedStyleSheets = [plain] }')
  await page.locator('#renderer').selectOption('csr')
  const drawn = await createViewer(page)
  await phase(drawn, 'complete')
  const own = await drawn.locator('canvas').screenshot()
  await drawn.getByRole('button', { name: 'Close viewer' }).click()
  await drawn.waitFor({ state: 'detached' })

  await page.evaluate('{ const take = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = function (kind, ...more) { return kind === "2d" ? take.call(this, kind, ...more) : null } }')
  await page.locator('#renderer').selectOption('ssr')
  const card = await createViewer(page)
  await phase(card, 'complete')
  const canvas = card.locator('canvas')
  const picture = await canvas.screenshot()
  await keep(page, 'rendered')
  t.ok(colours(picture) > 500)
  const apart = difference(own, picture)
  // What remains: the glass, whose back faces are laid over each other in another order, highlights, which are computed at corners here and at pixels
  // there, and edges, which are smoothed in another way.
  t.ok(apart < 0.01, `differs in ${(apart * 100).toFixed(2)} % of the pixels`)

  const { x, y, width, height } = await canvas.boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 }
  await page.mouse.move(x + width / 2, y + height / 2)
  await page.mouse.down()
  await page.mouse.move(x + width / 2 + 160, y + height / 2 + 30, { steps: 8 })
  await page.mouse.up()
  await comesTrue('orbiting changes the picture', async () => difference(picture, await canvas.screenshot()) > 0.02)
  await comesTrue('it is complete again', async () => (await dataOf(card))['refining'] === 'false')
  const before = await canvas.screenshot()
  await page.mouse.click(x + width / 2, y + height / 2)
  await comesTrue('what is clicked stands out', async () => difference(before, await canvas.screenshot()) > 0.001)
  t.equal((await dataOf(card))['selected'], '1')
  await comesTrue('it is complete again', async () => (await dataOf(card))['refining'] === 'false')
  await keep(page, 'rendered-selected')

  await page.evaluate('{ const decode = createImageBitmap; window.createImageBitmap = async (...all) => { window.picture = await decode(...all); await new Promise(resolve => { window.release = resolve }); return window.picture } }')
  await page.mouse.click(x + 5, y + height / 2)
  await comesTrue('a picture is decoded', async () => await page.evaluate('window.release !== undefined'))
  const closed = await card.elementHandle()
  await card.getByRole('button', { name: 'Close viewer' }).click()
  await card.waitFor({ state: 'detached' })
  const told = await closed!.getAttribute('data-bytes')
  await page.evaluate('(async () => { window.release(); await new Promise(requestAnimationFrame) })()')
  t.equal(await closed!.getAttribute('data-bytes'), told, 'nothing is told of a picture that was decoded after the end')
  t.equal(await page.evaluate('window.picture.width'), 0, 'its memory is given back')
  t.same(page.complaints, [])
})

t.test('over a narrow way the picture comes in strips and is the same in the end', async t => {
  const slipway = await startEmbedded(t)
  const browser = await openBrowser(t)
  const pictures: Buffer[] = []
  let strips = 0
  for (const bytesPerSecond of [50e6, 80e3]) {
    const page = await openPage(browser, 'about:blank')
    await page.route('**/api/spawn', async route => {
      const response = await route.fetch({ headers: { ...route.request().headers(), accept: 'application/json' } })
      const answer = await response.json() as { endpoints: { ws: string } }
      const way = await NarrowWay.open(t, Number(new URL(answer.endpoints.ws).port), bytesPerSecond)
      answer.endpoints.ws = `ws://127.0.0.1:${way.port}`
      await route.fulfill({ response, json: answer })
    })
    page.on('websocket', socket => socket.on('framereceived', ({ payload }) => {
      if (bytesPerSecond < 1e6 && typeof payload === 'string' && payload.includes('"format":"png"')) strips++
    }))
    await page.goto(`${slipway.url}/?model=drive-unit&mode=ssr`)
    const card = page.locator('article.card')
    await phase(card, 'complete')
    pictures.push(await card.locator('canvas').screenshot())
    if (bytesPerSecond < 1e6) await keep(page, 'rendered-in-strips')
    t.same(page.complaints, [])
    await page.close()
  }
  const apart = difference(pictures[0]!, pictures[1]!)
  t.ok(strips > 3, `${strips} strips`)
  t.equal(apart, 0)
})
