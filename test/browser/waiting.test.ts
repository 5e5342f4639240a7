import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { createViewer, keep, openBrowser, openPage, phase } from './chromium.ts'

t.test('whoever finds no room waits in line, is told the place, and is shown the model when somebody leaves', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_STREAM_SERVER: '', SLIPWAY_MAX_SESSIONS: '1', SLIPWAY_QUEUE_LENGTH: '2' })
  const page = await openPage(await openBrowser(t), slipway.url)
  const first = await createViewer(page)
  await phase(first, 'complete')
  await page.getByRole('button', { name: 'Create New Viewer' }).click()
  const cards = page.locator('article.card')
  await cards.getByText(/^The service has no room just now: you are next in line/).waitFor()
  await keep(page, 'waiting')
  t.equal(await cards.count(), 2)
  await first.getByRole('button', { name: 'Close viewer' }).click()
  await cards.nth(1).waitFor({ state: 'detached' })
  await phase(cards.first(), 'complete')
  t.equal(await cards.count(), 1)
  t.same(page.complaints, [])
})
