import t from 'tap'
import { comesTrue, startSlipway, type Slipway } from '../fixtures/slipway.ts'
import { colours, createViewer, dataOf, difference, keep, openBrowser, openPage, phase } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1', SLIPWAY_STARTED_AHEAD_CSR: '0' }

const sessionsOf = async ({ url }: Slipway): Promise<string[]> => ((await (await fetch(`${url}/api/spawns`)).json()) as { spawns: Array<{ id: string }> }).spawns.map(({ id }) => id)

for (const [mode, endpoint] of [['csr', '{origin}/s/{token}'], ['ssr', 'ws://{host}:{port}']] as const) {
  t.test(`a page that is loaded again finds its session, seen as it was: ${mode}, ${endpoint}`, async t => {
    const slipway = await startSlipway(t, { ...embedded, SLIPWAY_ENDPOINT: endpoint })
    const page = await openPage(await openBrowser(t), `${slipway.url}/?model=drive-unit&mode=${mode}`)
    const card = page.locator('article.card')
    await phase(card, 'complete')
    await card.locator('canvas').focus()
    const { bytes } = await dataOf(card)
    for (let press = 0; press < 6; press++) await page.keyboard.press('+')
    await comesTrue('it has come nearer', async () => Number((await dataOf(card))['bytes']) > Number(bytes))
    await comesTrue('and is complete', async () => (await dataOf(card))['refining'] === 'false')
    // Its frame is not part of the picture.
    await card.locator('canvas').blur()
    const before = await card.locator('canvas').screenshot()
    const ids = await sessionsOf(slipway)
    await page.reload()
    await phase(card, 'complete')
    t.equal(await card.count(), 1)
    t.same(await sessionsOf(slipway), ids, 'the same session, and no other')
    t.equal((await dataOf(card))['sessionId'], ids[0])
    await comesTrue('all of it is there', async () => (await dataOf(card))['refining'] === 'false')
    const after = await card.locator('canvas').screenshot()
    await keep(page, `loaded-again-${mode}`)
    t.ok(colours(after) > 100)
    t.ok(difference(before, after) < 0.01, `${difference(before, after)} of the picture differs`)
    await page.reload()
    await phase(card, 'complete')
    t.same(await sessionsOf(slipway), ids, 'as often as one likes')
    await card.getByRole('button', { name: 'Close viewer' }).click()
    await comesTrue('closing ends it', async () => (await sessionsOf(slipway)).length === 0)
    t.same(page.complaints, [])
  })
}

t.test('a page that is loaded again keeps its seat while others wait for one, and what was open is there again', async t => {
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MAX_SESSIONS: '2', SLIPWAY_QUEUE_LENGTH: '3' })
  const browser = await openBrowser(t)
  const page = await openPage(browser, slipway.url)
  for (const viewer of [await createViewer(page), await createViewer(page)]) await phase(viewer, 'complete')
  const ids = await sessionsOf(slipway)
  const other = await openPage(browser, slipway.url)
  await createViewer(other)
  const waiting = other.locator('article.card').getByText(/you are next in line/)
  await waiting.waitFor()
  const third = await openPage(browser, slipway.url)
  await createViewer(third)
  await third.locator('article.card').getByText(/you are number 2 in line/).waitFor()
  await other.reload()
  await waiting.waitFor()
  await page.reload()
  const cards = page.locator('article.card')
  await cards.nth(1).waitFor()
  for (const each of [cards.nth(0), cards.nth(1)]) await phase(each, 'complete')
  t.equal(await cards.count(), 2)
  t.same((await sessionsOf(slipway)).sort(), ids.sort())
  t.ok(await waiting.isVisible(), 'whoever waits still does')
})

t.test('a page that is loaded again after its session has ended begins another', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), `${slipway.url}/?model=drive-unit&mode=csr`)
  const card = page.locator('article.card')
  await phase(card, 'complete')
  const [id] = await sessionsOf(slipway)
  let open = (): void => {}
  const opened = new Promise<void>(resolve => { open = resolve })
  await page.route('**/assets/page.js', async route => {
    await opened
    await route.continue()
  })
  const reloaded = page.reload()
  await slipway.waitForLog(/session connected > ready/)
  await fetch(`${slipway.url}/api/spawns/${id ?? ''}`, { method: 'DELETE' })
  await comesTrue('it is gone', async () => (await sessionsOf(slipway)).length === 0)
  open()
  await reloaded
  await phase(card, 'complete')
  const [next] = await sessionsOf(slipway)
  t.ok(next)
  t.not(next, id)
})

t.test('a viewer in a page of its own finds its session too, and a likeness of its tab does not', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), `${slipway.url}/embed.html?model=drive-unit`)
  const open = page.locator('.slipway-viewer[data-state=open]')
  await open.waitFor()
  const ids = await sessionsOf(slipway)
  await page.reload()
  await open.waitFor()
  t.same(await sessionsOf(slipway), ids)
  // Its page is left and comes back from the browser's memory.
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))')
  await page.locator('.slipway-viewer[data-state=ended]').waitFor()
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  await open.waitFor()
  t.same(await sessionsOf(slipway), ids)
  // A host page may say another address before it is loaded again.
  await page.evaluate('history.pushState(null, "", location.href + "&part=7")')
  await page.reload()
  await open.waitFor()
  t.same(await sessionsOf(slipway), ids)
  const likeness = page.waitForEvent('popup')
  await page.evaluate('window.open(location.href)')
  await (await likeness).locator('.slipway-viewer[data-state=open]').waitFor()
  t.equal((await sessionsOf(slipway)).length, 2)
  await page.evaluate('void (location.href = "about:blank")')
  await comesTrue('whoever does not come back is not waited for long', async () => (await sessionsOf(slipway)).length === 1, 20_000)
})
