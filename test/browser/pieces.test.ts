import { PNG } from 'pngjs'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { writeTorus } from '../stream-server/support/torus.ts'
import { createViewer, dataOf, difference, keep, openBrowser, openPage, phase, type Card } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

const press = async (card: Card, name: string): Promise<void> => { await card.getByRole('button', { name, exact: true }).click() }

/** The picture alone, without what lies over it. */
async function picture (card: Card): Promise<Buffer> {
  const page = card.page()
  const over = async (visibility: string) => { await page.evaluate(`for (const each of document.querySelectorAll('.slipway-tools')) each.style.visibility = '${visibility}'; document.activeElement.blur()`) }
  await over('hidden')
  const taken = await card.locator('canvas').screenshot()
  await over('')
  return taken
}

/** Pixels that are clearly blue, as the ring is, and clearly orange, as what is selected is. */
function blueAndOrange (png: Buffer): { blue: number, orange: number } {
  const { data } = PNG.sync.read(png)
  const found = { blue: 0, orange: 0 }
  for (let i = 0; i < data.length; i += 4) {
    const [r = 0, g = 0, b = 0] = data.subarray(i, i + 3)
    if (b > 60 && b > 1.5 * r && b > 1.1 * g) found.blue++
    if (r > 100 && r > 1.4 * g && r > 2 * b) found.orange++
  }
  return found
}

t.test('a part of half a million triangles comes in pieces, and is one part to whoever looks at it', async t => {
  const models = t.testdir({})
  await writeTorus(`${models}/ring.glb`, 1000, 250)
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  const pictures: Record<string, Buffer> = {}
  for (const mode of ['csr', 'single', 'ssr']) {
    await page.locator('#renderer').selectOption(mode)
    const card = await createViewer(page)
    await phase(card, 'complete')
    const whole = pictures[mode] = await picture(card)
    await keep(page, `pieces-${mode}`)
    const { blue } = blueAndOrange(whole)
    t.ok(blue > 20_000, `${mode}: ${blue} blue pixels`)
    if (mode !== 'ssr') t.match(await dataOf(card), { modelTriangles: '500000', ...mode === 'csr' ? { refining: 'false' } : {} })
    if (mode === 'csr') t.ok(Number((await dataOf(card))['triangles']) < 450_000, 'not all of it at full detail')

    await press(card, 'Feature edges')
    const edged = async () => difference(whole, await picture(card))
    // Rendered pictures have an outline, and nothing else.
    await comesTrue('no edges between the pieces', async () => await edged() < (mode === 'ssr' ? 0.03 : 0.0005))
    await keep(page, `pieces-edges-${mode}`)
    await press(card, 'Feature edges')

    const { x = 0, y = 0, width = 0, height = 0 } = await card.locator('canvas').boundingBox() ?? {}
    // On the tube, in front of its hole.
    await page.mouse.click(x + width / 2, y + height * 0.5)
    await card.locator('.selection-chip').waitFor()
    t.match(await card.locator('.selection-chip').textContent(), /Ring 1part Ring · the only instance · 500.0 k triangles · 2\.8\d × 0\.8\d × 2\.8\d m/)
    t.equal((await dataOf(card))['selected'], '1')
    await comesTrue('all of it is highlighted', async () => {
      const { blue: left, orange } = blueAndOrange(await picture(card))
      return left < blue / 100 && orange > blue / 2
    })
    await keep(page, `pieces-selected-${mode}`)
    await press(card, 'Hide selection (H)')
    t.equal((await dataOf(card))['hidden'], '1')
    await comesTrue('all of it is gone', async () => { const { blue, orange } = blueAndOrange(await picture(card)); return blue + orange === 0 })
    await press(card, 'Show all')

    await press(card, 'Explode')
    await card.getByRole('slider', { name: 'Explode' }).fill('2')
    await comesTrue('nothing falls apart', async () => difference(whole, await picture(card)) < 0.002)
    await press(card, 'Explode')

    await press(card, 'Assembly tree')
    t.equal(await card.getByRole('region', { name: 'Assembly' }).locator('li').count(), 1)
    await card.getByRole('button', { name: 'Close viewer' }).click()
  }
  t.ok(difference(pictures['csr']!, pictures['single']!) < 0.002, 'streamed it looks like all of it')
  t.same(page.complaints, [])
})
