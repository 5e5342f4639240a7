import { copyFile, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { createViewer, keep, openBrowser, openPage, phase } from './chromium.ts'

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

t.test('models are dropped on the page: sent, listed, opened; refusals are said in words', async t => {
  const folder = t.testdir({ uploads: {} })
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_UPLOAD_DIR: `${folder}/uploads`, SLIPWAY_UPLOAD_BYTES: '3000000' })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  const drop = async (files: Array<{ name: string, content: Buffer }>) => {
    const data = await page.evaluateHandle(`(files => {
      const carried = new DataTransfer()
      for (const { name, base64 } of files) carried.items.add(new File([Uint8Array.from(atob(base64), each => each.charCodeAt(0))], name))
      return carried
    })(${JSON.stringify(files.map(({ name, content }) => ({ name, base64: content.toString('base64') })))})`)
    await page.dispatchEvent('body', 'dragover', { dataTransfer: data })
    await keep(page, 'upload-drop')
    await page.dispatchEvent('body', 'drop', { dataTransfer: data })
  }
  const content = await readFile(sample)
  await drop([{ name: 'Gear box.GLB', content }, { name: 'notes.txt', content: Buffer.from('x') }, { name: 'huge.stl', content: Buffer.alloc(3_000_001) }, { name: 'drive-unit.glb', content: Buffer.from('x') }])
  const rows = page.locator('.upload')
  await rows.filter({ hasText: 'Added as “Gear box”' }).waitFor()
  await rows.filter({ hasText: 'Not a model that can be shown' }).waitFor()
  await rows.filter({ hasText: 'Too large: 3.0 MB, and 3.0 MB are allowed' }).waitFor()
  await rows.filter({ hasText: 'There is a model named “drive-unit” already' }).waitFor()
  await comesTrue('it is chosen', async () => await page.locator('#model').inputValue() === 'Gear box')
  await keep(page, 'upload')
  t.same(await readdir(`${folder}/uploads`), ['Gear box.glb'])
  const card = await createViewer(page)
  await phase(card, 'complete')
  for (let left = await rows.count(); left > 0; left--) await rows.first().getByRole('button').click()

  // Held on its way, it shows how far it is, and may be given up.
  let held = 0
  await page.route('**/api/models?*', () => { held++ })
  await page.locator('#add input').setInputFiles([{ name: 'later.glb', mimeType: '', buffer: content }])
  await comesTrue('it is on its way', () => held === 1)
  const givenUp = page.waitForEvent('requestfailed')
  await rows.getByRole('button', { name: 'Cancel later.glb' }).click()
  t.equal(await rows.count(), 0)
  // It stays held: a browser that lets it go at the same time may send it before it hears that it is given up.
  t.match((await givenUp).url(), /later\.glb/)
  await page.setViewportSize({ width: 390, height: 844 })
  await keep(page, 'upload-phone')
  t.same(await readdir(`${folder}/uploads`), ['Gear box.glb'])
  t.same(page.complaints.filter(words => !/409/.test(words)), [])
})

t.test('a service without a folder for uploads offers none', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  t.equal(await page.locator('#add').isVisible(), false)
  t.equal((await fetch(`${slipway.url}/api/models?file=a.glb`, { method: 'POST', body: 'x' })).status, 404)
})
