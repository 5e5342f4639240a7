import { copyFile, mkdir, open, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { keep, openBrowser, openPage } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }
const sample = fileURLToPath(new URL('../../models/drive-unit.glb', import.meta.url))

t.test('a model put into a folder is on the page without a reload, and a removed one is gone', async t => {
  const models = t.testdir({})
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models }, { provokes: /model folder cannot be read/ })
  const page = await openPage(await openBrowser(t), slipway.url)
  const offered = async () => await page.locator('#model option').allTextContents()
  await page.getByText('The service has no model to show').waitFor()
  t.equal(await page.locator('#create button').isDisabled(), true)

  await copyFile(sample, `${models}/gearbox 10.glb`)
  await comesTrue('it is offered', async () => (await offered()).length === 1)
  t.equal(await page.locator('#create button').isEnabled(), true)
  t.equal(await page.getByText('The service has no model to show').count(), 0, 'the complaint is taken back')
  await copyFile(sample, `${models}/gearbox 9.glb`)
  await comesTrue('both are', async () => (await offered()).length === 2)
  t.same(await offered(), ['gearbox 9', 'gearbox 10'])
  t.equal(await page.locator('#model').inputValue(), 'gearbox 10', 'what was chosen stays chosen')

  // One that is still written is not offered; the end of another, which comes later, shows that it was looked at.
  const slow = await open(`${models}/slow.glb`, 'w')
  const writing = setInterval(() => { void slow.write('x') }, 100)
  await rm(`${models}/gearbox 9.glb`)
  await comesTrue('the removed one is gone', async () => (await offered()).length === 1)
  t.same(await offered(), ['gearbox 10'])
  clearInterval(writing)
  await slow.close()
  await comesTrue('once it is whole it is offered', async () => (await offered()).length === 2)
  await keep(page, 'models-watched')

  await rm(models, { recursive: true })
  await comesTrue('the folder is gone, and with it its models', async () => (await offered()).length === 0)
  await mkdir(models)
  await copyFile(sample, `${models}/again.glb`)
  await comesTrue('it came again', async () => (await offered()).join() === 'again')
  t.same(page.complaints, [])
})
