import type { Page } from 'playwright-core'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { board, checks } from '../stream-server/support/board.ts'
import { torus, writeMeshes } from '../stream-server/support/torus.ts'
import type { PlacedMesh } from '../stream-server/support/torus.ts'
import { colours, dataOf, difference, keep, openBrowser, openPage, phase, type Card } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

const ring = torus(120, 48)
const coloured = { ...torus(80, 40), colors: new Uint8Array(80 * 40 * 4).map((_, i) => i % 4 === 3 ? 255 : (i >> 2) * 7 * (1 + i % 4) / 40 % 256) }
const blue: PlacedMesh['color'] = [0.1, 0.3, 0.7]

/** What is on each of the pictures, and what is done with it before. `most` is the share of the pixels that may differ. */
const scenes: Array<{ name: string, placed: PlacedMesh[], cut?: boolean, most: number }> = [
  {
    name: 'textured',
    most: 0.004,
    placed: [
      { name: 'Floor', mesh: board(3, 6), color: [1, 1, 1], at: [0, -0.5, 0], image: checks(256, 8) },
      { name: 'Sign', mesh: board(0.8, 1, 4), color: [0.6, 0.8, 1], at: [0, 0.8, 0], image: checks(32, 4) },
      { name: 'Coloured', mesh: coloured, color: [1, 1, 1], at: [0, 0.1, 0] }
    ]
  },
  {
    name: 'cut',
    cut: true,
    most: 0.002,
    placed: [
      { name: 'Solid', mesh: ring, color: [0.7, 0.05, 0.05], at: [0, 0, 0] },
      { name: 'Open', mesh: { ...ring, indices: ring.indices.subarray(3) }, color: blue, at: [0, 1.2, 0] },
      { name: 'Coloured', mesh: coloured, color: [1, 1, 1], at: [0, -1.2, 0] }
    ]
  },
  {
    name: 'transparent',
    most: 0.002,
    placed: [
      { name: 'Ring', mesh: ring, color: blue, at: [0, 0, 0] },
      { name: 'Pane', mesh: board(1.5, 1), color: [0.2, 0.8, 0.3], at: [0.3, 0.6, 0.3], opacity: 0.4 }
    ]
  },
  {
    name: 'mirrored',
    most: 0.002,
    placed: [
      { name: 'Half', mesh: { ...ring, indices: ring.indices.slice(0, ring.indices.length / 4) }, color: blue, at: [0, 0, 0] },
      { name: 'Half', mesh: ring, color: blue, at: [-2.5, 0, 0], scale: [-0.8, 0.8, 0.8] },
      { name: 'Half', mesh: ring, color: blue, at: [2.5, 0, 0], scale: [0.5, 1.6, 0.9] },
      { name: 'Half', mesh: ring, color: blue, at: [0, 0, 3], scale: [0.9, -0.4, 1.2] }
    ]
  }
]

const press = async (card: Card, name: string): Promise<void> => { await card.getByRole('button', { name, exact: true }).click() }

/** A picture of the model alone: behind one that is drawn here the page's gradient shows through, one that is rendered elsewhere is painted on a plain ground. */
async function picture (page: Page, card: Card): Promise<Buffer> {
  await page.evaluate('{ const plain = new CSSStyleSheet(); plain.replaceSync(".stage { background: var(--stage-bottom) !important } .stage > :not(canvas) { visibility: hidden !important }"); document.adoptedStyleSheets = [plain] }')
  const taken = await card.locator('canvas').screenshot()
  await page.evaluate('document.adoptedStyleSheets = []')
  return taken
}

t.test('pictures from the server look like those that a browser draws', async t => {
  const models = t.testdir({})
  for (const { name, placed } of scenes) await writeMeshes(`${models}/${name}.glb`, placed)
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models })
  const browser = await openBrowser(t)
  for (const { name, cut, most } of scenes) {
    const pictures: Buffer[] = []
    for (const mode of ['csr', 'ssr']) {
      const page = await openPage(browser, `${slipway.url}/?model=${name}&mode=${mode}`)
      const card = page.locator('article.card')
      await phase(card, 'complete')
      if (cut) {
        await press(card, 'Section plane')
        const before = await picture(page, card)
        await press(card, 'Cut along Z')
        await comesTrue('it is cut', async () => difference(before, await picture(page, card)) > 0.01)
      }
      if (mode === 'ssr') await comesTrue('it is complete', async () => (await dataOf(card))['refining'] === 'false')
      pictures.push(await picture(page, card))
      await keep(page, `alike-${name}-${mode}`)
      // A page that goes may come back: its seat would be kept.
      await card.getByRole('button', { name: 'Close viewer' }).click()
      await card.waitFor({ state: 'detached' })
      t.same(page.complaints, [])
      await page.close()
    }
    const [drawn, rendered] = pictures as [Buffer, Buffer]
    t.ok(colours(drawn) > 200)
    const apart = difference(drawn, rendered)
    t.ok(apart < most, `${name}: differs in ${(apart * 100).toFixed(3)} % of the pixels`)
  }
})
