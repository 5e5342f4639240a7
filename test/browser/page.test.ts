import t from 'tap'
import { isAlive } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { colours, createViewer, dataOf, difference, keep, openBrowser, openPage, phase, small, startEmbedded } from './chromium.ts'

async function pidOf (url: string, id: string | undefined): Promise<number> {
  return (await (await fetch(`${url}/api/spawns/${id}`)).json() as { pid: number }).pid
}

t.test('one click shows a CAD assembly, coarse first and fine later, from a process of its own', async t => {
  const slipway = await startEmbedded(t)
  const browser = await openBrowser(t)
  const page = await openPage(browser, 'about:blank')
  // Lets only the first parts through until told otherwise, so that the coarse picture stands still to be looked at.
  let letThrough = () => {}
  const held = new Promise<void>(resolve => { letThrough = resolve })
  await page.routeWebSocket(url => url.pathname === '/' && url.port !== String(slipway.port), viewer => {
    const server = viewer.connectToServer()
    let parts = 0
    let queue = Promise.resolve()
    server.onMessage(message => {
      if (typeof message !== 'string') parts++
      const late = parts > 24
      queue = queue.then(async () => {
        if (late) await held
        viewer.send(message)
      })
    })
  })
  await page.goto(slipway.url)
  await page.getByRole('button', { name: 'Create New Viewer' }).waitFor()
  t.equal(await page.locator('#renderer option').count(), 3, 'both renderers and the single file are offered')

  const card = await createViewer(page)
  await phase(card, 'first-picture')
  const coarse = await dataOf(card)
  const coarsePicture = await card.locator('canvas').screenshot()
  await keep(page, 'coarse')
  letThrough()
  await phase(card, 'complete')
  const fine = await dataOf(card)
  const finePicture = await card.locator('canvas').screenshot()
  await keep(page, 'complete')
  t.ok(Number(coarse['triangles']) > 0, `coarse: ${coarse['triangles']} triangles`)
  t.ok(Number(fine['triangles']) > 2 * Number(coarse['triangles']), `fine: ${fine['triangles']} triangles`)
  t.ok(Number(fine['bytes']) > Number(coarse['bytes']))
  t.ok(difference(coarsePicture, finePicture) > 0.005, 'the picture got better')
  t.ok(colours(finePicture) > 500, 'it is a picture of something')
  const times = JSON.parse(fine['times'] ?? '{}') as Record<string, number>
  const order = ['starting', 'ready', 'open', 'scene', 'first-picture', 'complete'].map(name => times[name] ?? NaN)
  t.same(order, [...order].sort((a, b) => a - b), 'the phases came in their order, each with its time')

  const pid = await pidOf(slipway.url, fine['sessionId'])
  t.equal(isAlive(pid), true)
  await page.locator('#instances li').filter({ hasText: 'In use' }).waitFor()
  t.match(await page.locator('#instances li').textContent(), /drive-unit/)

  const canvas = card.locator('canvas')
  const { x, y, width, height } = await canvas.boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 }
  await page.mouse.move(x + width / 2, y + height / 2)
  await page.mouse.down()
  await page.mouse.move(x + width / 2 + 160, y + height / 2 + 30, { steps: 4 })
  await page.mouse.up()
  await comesTrue('orbiting changes the picture', async () => difference(finePicture, await canvas.screenshot()) > 0.02)
  await page.mouse.wheel(0, -600)
  await phase(card, 'complete')
  await keep(page, 'orbited')

  await card.getByRole('button', { name: 'Close viewer' }).click()
  await comesTrue('its process is gone', () => !isAlive(pid))
  t.equal(await page.locator('article.card').count(), 0)
  const record = async () => await (await fetch(`${slipway.url}/api/spawns/${fine['sessionId']}`)).json() as { state: string }
  await comesTrue('the service has noticed', async () => (await record()).state === 'stopped')
  t.match(await record(), { state: 'stopped', reason: 'client_closed', exitCode: 0 })
  t.same(page.complaints, [])
})

t.test('several viewers stand side by side, each on a process of its own, and leave with the tab', async t => {
  const slipway = await startEmbedded(t)
  const browser = await openBrowser(t)
  const page = await openPage(browser, slipway.url)
  const cards = [await createViewer(page), await createViewer(page)]
  for (const card of cards) await phase(card, 'complete')
  await keep(page, 'two-viewers')
  const data = await Promise.all(cards.map(dataOf))
  const pids = await Promise.all(data.map(async ({ sessionId }) => await pidOf(slipway.url, sessionId)))
  t.equal(new Set(pids).size, 2)
  t.not(data[0]?.['port'], data[1]?.['port'])
  t.same(page.complaints, [])
  await page.close()
  await comesTrue('both processes are gone', () => pids.every(pid => !isAlive(pid)))
})

t.test('a session stopped from the list says so in its viewer', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), slipway.url, small)
  const card = await createViewer(page)
  await phase(card, 'complete')
  await page.locator('#instances').getByRole('button', { name: /stop/i }).click()
  await page.waitForFunction(() => ['closed', 'failed'].includes((globalThis as unknown as { document: { querySelector(s: string): { dataset: Record<string, string> } | null } }).document.querySelector('article.card')?.dataset['phase'] ?? ''))
  t.match(await card.locator('[data-role=ended]').textContent(), /\w+/)
  await keep(page, 'ended')
  await card.getByRole('button', { name: 'Start again' }).click()
  await phase(page.locator('article.card'), 'complete')
})

t.test('no seat, no model and no server are said in words', async t => {
  const slipway = await startEmbedded(t, { SLIPWAY_MAX_SESSIONS: '1' })
  const page = await openPage(await openBrowser(t), slipway.url)
  const first = await createViewer(page)
  await phase(first, 'complete')
  const second = await createViewer(page)
  await phase(second, 'failed')
  await keep(page, 'full')
  t.match(await page.getByRole('alert').textContent(), /taken|full|seat|try again/i)

  await slipway.stop('SIGINT')
  await page.locator('#instances[data-connected=false]').waitFor()
  t.match(await page.locator('#instances [data-role=connection]').textContent(), /not connected|connecting|lost/i)
})

t.test('it is used with the keyboard alone', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), slipway.url, small)
  // What is disabled until the models are known takes no focus.
  await page.locator('#create button:enabled').waitFor()
  await page.getByRole('button', { name: 'Create New Viewer' }).focus()
  await page.keyboard.press('Enter')
  const card = page.locator('article.card').first()
  await card.waitFor()
  await phase(card, 'complete')
  const canvas = card.locator('canvas')
  const before = await canvas.screenshot()
  await canvas.focus()
  for (let press = 0; press < 4; press++) await page.keyboard.press('ArrowLeft')
  await comesTrue('the arrow keys orbit', async () => difference(before, await canvas.screenshot()) > 0.02)
  await card.getByRole('button', { name: 'Close viewer' }).focus()
  await page.keyboard.press('Enter')
  await card.waitFor({ state: 'detached' })
  t.equal(await page.evaluate(() => (globalThis as unknown as { document: { querySelectorAll(s: string): { length: number } } }).document.querySelectorAll('button:not([aria-label]):empty').length), 0, 'no button is without a name')
  t.same(page.complaints, [])
})

for (const [name, options] of [
  ['dark', { colorScheme: 'dark' as const }],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }]
] as const) {
  t.test(`it looks right: ${name}`, async t => {
    const slipway = await startEmbedded(t)
    const page = await openPage(await openBrowser(t), slipway.url, options)
    const card = await createViewer(page)
    await phase(card, 'complete')
    await keep(page, name)
    t.equal(await page.evaluate(() => {
      const { document, innerWidth } = globalThis as unknown as { document: { documentElement: { scrollWidth: number } }, innerWidth: number }
      return document.documentElement.scrollWidth <= innerWidth
    }), true, 'nothing sticks out at the side')
    t.ok(colours(await card.locator('canvas').screenshot()) > 300)
    t.same(page.complaints, [])
  })
}

t.test('a browser that shows nothing on a canvas, not even the server\'s pictures, is told so', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), 'about:blank')
  await page.addInitScript('HTMLCanvasElement.prototype.getContext = () => null')
  await page.goto(slipway.url)
  const card = await createViewer(page)
  await phase(card, 'failed')
  t.match(await page.getByRole('alert').textContent(), /drive-unit: This browser cannot show pictures on a canvas/)
  await comesTrue('no stream server is left', async () => {
    const { spawns } = await (await fetch(`${slipway.url}/api/spawns`)).json() as { spawns: unknown[] }
    return spawns.length === 0
  })
})

t.test('with another stream server the page says how to reach it with the HOOPS viewer', async t => {
  const models = t.testdir({ 'engine.scz': '' })
  const slipway = await startSlipway(t, { SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#renderer option').first().waitFor({ state: 'attached' })
  t.equal(await page.locator('#renderer option').count(), 2)
  const card = await createViewer(page)
  await phase(card, 'ready')
  const { port } = await dataOf(card)
  t.match(await card.locator('[data-role=endpoint]').textContent(), new RegExp(`^ws://.*:${port}`))
  await keep(page, 'hoops')
  await card.getByRole('button', { name: 'Close viewer' }).click()
  await comesTrue('its process is gone', async () => ((await (await fetch(`${slipway.url}/api/spawns`)).json()) as { spawns: unknown[] }).spawns.length === 0)
  t.same(page.complaints, [])
})
