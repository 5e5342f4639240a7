import { PNG } from 'pngjs'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { torus, writeMeshes } from '../stream-server/support/torus.ts'
import { createViewer, keep, openBrowser, openPage, phase, type Card } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

const press = async (card: Card, name: string): Promise<void> => { await card.getByRole('button', { name, exact: true }).click() }

/** Of the pixels of one colour (0 red, 1 green, 2 blue): how many there are, and which share has one of the two shades that are there most often. */
function shades (png: Buffer, channel: 0 | 1 | 2): { pixels: number, flat: number } {
  const { data } = PNG.sync.read(png)
  const counts = new Map<number, number>()
  let pixels = 0
  for (let i = 0; i < data.length; i += 4) {
    const others = [0, 1, 2].filter(k => k !== channel).map(k => data[i + k] ?? 0)
    if ((data[i + channel] ?? 0) < 1.6 * Math.max(...others, 20)) continue
    pixels++
    const shade = data.readUIntBE(i, 3)
    counts.set(shade, (counts.get(shade) ?? 0) + 1)
  }
  const [first = 0, second = 0] = [...counts.values()].sort((a, b) => b - a)
  return { pixels, flat: (first + second) / pixels }
}

t.test('a solid that is cut open is filled in its colour, a surface is not', async t => {
  const models = t.testdir({})
  const ring = torus(200, 60)
  const open = { ...ring, indices: ring.indices.subarray(3) }
  await writeMeshes(`${models}/rings.glb`, [{ name: 'Solid', mesh: ring, color: [0.7, 0.03, 0.03], at: [0, 0, 0] }, { name: 'Open', mesh: open, color: [0.03, 0.03, 0.7], at: [0, 1.2, 0] }])
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  for (const mode of ['csr', 'single', 'ssr']) {
    await page.locator('#renderer').selectOption(mode)
    const card = await createViewer(page)
    await phase(card, 'complete')
    const picture = async () => await card.locator('canvas').screenshot()
    const whole = shades(await picture(), 0)
    t.ok(whole.pixels > 5000 && whole.flat < 0.2, `${mode}: uncut it is shaded: ${JSON.stringify(whole)}`)

    // From the front the faces of the cut are two discs, and the inner half of each ring between them.
    await press(card, 'Views')
    await press(card, 'Front')
    await press(card, 'Section plane')
    await press(card, 'Cut along Z')
    await comesTrue('the solid is filled', async () => shades(await picture(), 0).flat > 0.35)
    await keep(page, `caps-front-${mode}`)
    const [solid, surface] = [shades(await picture(), 0), shades(await picture(), 2)]
    t.ok(solid.pixels > 5000, `${mode}: ${JSON.stringify(solid)}`)
    t.ok(surface.pixels > 5000 && surface.flat < 0.2, `${mode}: ${JSON.stringify(surface)}`)

    await press(card, 'Flip')
    await comesTrue('from behind nothing is filled', async () => shades(await picture(), 0).flat < 0.2)
    await press(card, 'Flip')
    await press(card, 'Views')
    await press(card, 'Isometric')
    await comesTrue('the faces of the cut are seen from aside', async () => { const { flat, pixels } = shades(await picture(), 0); return pixels > 2000 && flat > 0.1 && flat < 0.35 })
    await keep(page, `caps-iso-${mode}`)
    await card.getByRole('button', { name: 'Close viewer' }).click()
  }
  t.same(page.complaints, [])
})
