import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { colours, createViewer, dataOf, keep, openBrowser, openPage, phase } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

t.test('a model comes in a single file, without a session, and the three modes are compared', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), slipway.url)
  // However fast the machine is: the service says once that it is at it.
  let asked = 0
  await page.route('**/api/single-file?*', route => asked++ === 0 ? route.fulfill({ status: 202, json: { percent: 42, step: 'Simplifying' } }) : route.continue())
  await page.goto(`${slipway.url}/?model=drive-unit&mode=single`)
  const card = page.locator('article.card').first()
  await card.waitFor()
  await card.locator('.preparing', { hasText: 'Simplifying (42 %)' }).waitFor()
  await keep(page, 'single-preparing')
  await phase(card, 'complete')
  await keep(page, 'single')
  const data = await dataOf(card)
  t.ok(Number(data['bytes']) > 1_000_000, `${data['bytes']} bytes`)
  t.ok(colours(await card.locator('canvas').screenshot()) > 300)
  t.match(await card.locator('[data-role=steps]').textContent(), /Download/)
  const spawns = async () => ((await (await fetch(`${slipway.url}/api/spawns`)).json()) as { spawns: unknown[] }).spawns.length
  t.equal(await spawns(), 0, 'no session')

  // The viewer's tools are those of streamed geometry.
  const box = await card.locator('canvas').boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 }
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await comesTrue('a click selects', async () => Number((await dataOf(card))['selected']) === 1)
  await page.keyboard.press('h')
  await comesTrue('it is hidden', async () => Number((await dataOf(card))['hidden']) === 1)
  await card.getByRole('button', { name: 'Close viewer' }).click()

  t.equal(await page.locator('#comparison').isVisible(), false)
  for (const mode of ['csr', 'ssr']) {
    await page.locator('#renderer').selectOption(mode)
    const next = await createViewer(page)
    await phase(next, 'complete')
    await next.getByRole('button', { name: 'Close viewer' }).click()
  }
  const table = page.locator('#comparison')
  await table.waitFor()
  t.same(await table.locator('tbody th').allTextContents(), ['Client', 'Server', 'Single file*'])
  t.equal(await table.locator('tbody td').count(), 9)
  await keep(page, 'modes-compared')
  t.same(page.complaints, [])

  const first = await fetch(`${slipway.url}/api/single-file?model=drive-unit`)
  t.equal(first.status, 200)
  t.equal((await fetch(`${slipway.url}/api/single-file?model=drive-unit`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })).status, 304)
  t.match(await (await fetch(`${slipway.url}/api/single-file?model=nothing`)).json(), { reason: 'There is no model "nothing".' })
})
