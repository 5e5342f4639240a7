import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { colours, createViewer, keep, openBrowser, openPage, phase } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

t.test('where a browser cannot draw, the server does, and whoever chose otherwise is told what to choose', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t, ['--disable-3d-apis']), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  t.equal(await page.locator('#renderer').inputValue(), 'ssr', 'it is chosen from the start')
  const card = await createViewer(page)
  await phase(card, 'complete')
  t.ok(colours(await card.locator('canvas').screenshot()) > 500)
  await card.getByRole('button', { name: 'Close viewer' }).click()

  await page.locator('#renderer').selectOption('csr')
  const other = await createViewer(page)
  await phase(other, 'failed')
  await other.getByText('choose “Server” where it is offered').waitFor()
  await keep(page, 'without-webgl')
  t.same(await page.locator('#renderer').inputValue(), 'csr', 'what was chosen is not changed')

  await page.goto(`${slipway.url}/embed.html?model=drive-unit`)
  await page.locator('.slipway-viewer[data-state=open]').waitFor()
  const own = await openPage(await openBrowser(t), slipway.url)
  await own.locator('#create button:enabled').waitFor()
  t.equal(await own.locator('#renderer').inputValue(), 'csr', 'where it can draw, it does')
})
