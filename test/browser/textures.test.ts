import { writeFile } from 'node:fs/promises'
import { PNG } from 'pngjs'
import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { textured } from '../stream-server/support/textured.ts'
import { createViewer, keep, openBrowser, openPage, phase } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

/** How many pixels are clearly red, and how many clearly green. */
function redAndGreen (picture: Buffer): [number, number] {
  const { data } = PNG.sync.read(picture)
  let [red, green] = [0, 0]
  for (let i = 0; i < data.length; i += 4) {
    const [r = 0, g = 0, b = 0] = data.subarray(i, i + 3)
    if (r > 2 * g && r > 2 * b && r > 60) red++
    if (g > 2 * r && g > 2 * b && g > 60) green++
  }
  return [red, green]
}

t.test('textures lie on their parts, streamed, in a single file, and in pictures from the server', async t => {
  const models = t.testdir({})
  const skin = new PNG({ width: 64, height: 64 })
  for (let i = 0; i < 64 * 64; i++) skin.data.set(((i >> 3) + (i >> 9)) % 2 ? [230, 20, 20, 255] : [20, 200, 20, 255], i * 4)
  await writeFile(`${models}/skin.png`, PNG.sync.write(skin))
  await writeFile(`${models}/tiles.gltf`, textured({ parts: 3, image: { uri: 'skin.png' } }))
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  for (const mode of ['csr', 'single', 'ssr']) {
    await page.locator('#renderer').selectOption(mode)
    const card = await createViewer(page)
    await phase(card, 'complete')
    const [red, green] = redAndGreen(await card.locator('canvas').screenshot())
    t.ok(red > 1_000 && green > 1_000, `${mode}: ${red} red, ${green} green`)
    await keep(page, `textures-${mode}`)
    await card.getByRole('button', { name: 'Close viewer' }).click()
  }
  t.same(page.complaints, [])
})
