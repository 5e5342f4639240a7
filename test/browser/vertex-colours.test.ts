import { PNG } from 'pngjs'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { torus, writeMeshes } from '../stream-server/support/torus.ts'
import { createViewer, keep, openBrowser, openPage, phase, type Card } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

/** Pixels that are clearly red in the left half of the picture and in the right one, and those that are clearly green. */
async function seen (card: Card): Promise<{ red: [number, number], green: [number, number] }> {
  const { data, width } = PNG.sync.read(await card.locator('canvas').screenshot())
  const found = { red: [0, 0] as [number, number], green: [0, 0] as [number, number] }
  for (let i = 0; i < data.length; i += 4) {
    const half = i / 4 % width < width / 2 ? 0 : 1
    const [r = 0, g = 0, b = 0] = data.subarray(i, i + 3)
    if (r > 2 * g && r > 2 * b && r > 60) found.red[half]++
    if (g > 2 * r && g > 2 * b && g > 60) found.green[half]++
  }
  return found
}

t.test('colours at the vertices are seen where they are, streamed, in a single file, and in pictures from the server', async t => {
  const models = t.testdir({})
  const plain = torus(120, 60)
  // Red where X is below zero, green elsewhere; the colour of the material is a factor that leaves no blue.
  const colors = Uint8Array.from({ length: plain.positions.length / 3 * 4 }, (_, i) => [plain.positions[(i >> 2) * 3]! < 0, plain.positions[(i >> 2) * 3]! >= 0, true, true][i & 3] ? 255 : 0)
  await writeMeshes(`${models}/ring.glb`, [{ name: 'Ring', mesh: { ...plain, colors }, color: [0.8, 0.8, 0], at: [0, 0, 0] }])
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  for (const mode of ['csr', 'single', 'ssr']) {
    await page.locator('#renderer').selectOption(mode)
    const card = await createViewer(page)
    await phase(card, 'complete')
    await card.getByRole('button', { name: 'Views', exact: true }).click()
    await card.getByRole('button', { name: 'Front', exact: true }).click()
    // Where the colours meet they are mixed, on a strip that is not quite in the middle.
    const asWanted = async () => {
      const { red, green } = await seen(card)
      return red[0] > 5_000 && green[1] > 5_000 && red[1] + green[0] < 2_000
    }
    await comesTrue(`${mode}: red on the left, green on the right`, asWanted)
    t.pass(`${mode}: ${JSON.stringify(await seen(card))}`)
    await keep(page, `vertex-colours-${mode}`)
    await card.getByRole('button', { name: 'Close viewer' }).click()
  }
  t.same(page.complaints, [])
})
