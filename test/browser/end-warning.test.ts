import t from 'tap'
import { comesTrue } from '../fixtures/slipway.ts'
import { createViewer, keep, openBrowser, openPage, phase, small, startEmbedded } from './chromium.ts'

const running = async (url: string): Promise<number> => ((await (await fetch(`${url}/api/spawns`)).json()) as { spawns: unknown[] }).spawns.length

t.test('before the service ends a session that nobody uses, its viewer says so; whoever stays keeps it, whoever does not is told why it ended', async t => {
  const slipway = await startEmbedded(t, { SLIPWAY_PING_INTERVAL: '0.5', SLIPWAY_IDLE_TIMEOUT: '8', SLIPWAY_END_WARNING: '4' })
  const page = await openPage(await openBrowser(t), slipway.url, small)
  const card = await createViewer(page)
  await phase(card, 'complete')
  const warning = card.getByText(/^The session ends in [1-4] s, since nobody uses it\.$/)
  await warning.waitFor()
  await keep(page, 'end-warning')
  const stay = card.getByRole('button', { name: 'Stay' })
  // By key: a pointer on its way over the picture would be use as well.
  await stay.focus()
  await page.keyboard.press('Enter')
  await warning.waitFor({ state: 'hidden' })
  t.equal(await running(slipway.url), 1, 'the session goes on')
  // It would be over by now, had nobody stayed.
  await warning.waitFor()
  t.equal(await card.getAttribute('data-phase'), 'complete')
  await phase(card, 'closed')
  t.equal(await card.locator('[data-role=ended]').textContent(), 'The session has ended, since nobody used it.')
  t.equal(await stay.isVisible(), false)
  await comesTrue('its stream server is gone', async () => await running(slipway.url) === 0)
  await keep(page, 'end-idle')
  await card.getByRole('button', { name: 'Start again' }).click()
  await phase(card, 'complete')
  t.same(page.complaints, [])
})

t.test('before the longest life ends, the viewer says so, with nothing to be done about it', async t => {
  const slipway = await startEmbedded(t, { SLIPWAY_PING_INTERVAL: '0.5', SLIPWAY_MAX_LIFETIME: '12', SLIPWAY_END_WARNING: '6' })
  const page = await openPage(await openBrowser(t), `${slipway.url}/embed.html?model=drive-unit&mode=ssr`)
  const viewer = page.locator('.slipway-viewer')
  await viewer.getByText(/^The session ends in [1-6] s: it may not last any longer\.$/).waitFor()
  t.equal(await page.getByRole('button', { name: 'Stay' }).isVisible(), false)
  await viewer.getByText('The session has ended: it has lasted as long as it may.').waitFor()
  t.equal(await viewer.getAttribute('data-state'), 'ended')
  await page.getByRole('button', { name: 'Start again' }).waitFor()
  await keep(page, 'end-lifetime')
  t.same(page.complaints, [])
})
