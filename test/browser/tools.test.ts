import { writeFile } from 'node:fs/promises'
import t from 'tap'
import type { Page } from 'playwright-core'
import { PNG } from 'pngjs'
import { comesTrue } from '../fixtures/slipway.ts'
import { box, stlBinary } from '../stream-server/support/files.ts'
import { createViewer, dataOf, difference, keep, openBrowser, openPage, phase, startEmbedded, type Card } from './chromium.ts'

/** A place on the gearbox with nothing small near by, in page coordinates. */
async function gearbox (card: Card): Promise<{ x: number, y: number }> {
  const { x, y, width, height } = await card.locator('canvas').boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 }
  return { x: x + 0.48 * width, y: y + 0.45 * height }
}

const press = async (card: Card, name: string): Promise<void> => { await card.getByRole('button', { name, exact: true }).click() }

/** The canvas alone: what lies over it is hidden while the picture is taken. */
async function picture (page: Page, card: Card): Promise<Buffer> {
  const over = async (visibility: string): Promise<void> => {
    await page.evaluate(`document.querySelector('.slipway-tools').style.visibility = '${visibility}'; document.querySelector('canvas').style.outline = 'none'`)
  }
  await over('hidden')
  const taken = await card.locator('canvas').screenshot()
  await over('')
  return taken
}

/** Share of pixels in the colour of what is selected. */
function orange (png: Buffer): number {
  const { data } = PNG.sync.read(png)
  let count = 0
  for (let at = 0; at < data.length; at += 4) if (data[at]! > 120 && data[at]! > 1.5 * data[at + 1]! && data[at]! > 4 * data[at + 2]!) count++
  return count / (data.length / 4)
}

t.test('a model is looked into with the tools of its viewer', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), slipway.url)
  const card = await createViewer(page)
  await phase(card, 'complete')
  const whole = await picture(page, card)
  const { x, y } = await gearbox(card)
  const chip = card.locator('.selection-chip')
  const canvas = card.locator('canvas')

  await t.test('a click selects and highlights, and says what it is', async t => {
    await page.mouse.click(x, y)
    await chip.waitFor()
    t.equal((await dataOf(card))['selected'], '1')
    t.match(await chip.textContent(), /\w.*triangles · [\d.]+ × [\d.]+ × [\d.]+ m/)
    await comesTrue('it is highlighted', async () => orange(await picture(page, card)) > orange(whole) + 0.00005)
    await keep(page, 'selected')
  })

  await t.test('everything else becomes a ghost', async t => {
    await press(card, 'Ghost what is not selected')
    await comesTrue('the rest fades', async () => difference(whole, await picture(page, card)) > 0.05)
    await keep(page, 'ghosts')
    t.equal(await card.getByRole('button', { name: 'Ghost what is not selected' }).getAttribute('aria-pressed'), 'true')
    await press(card, 'Ghost what is not selected')
  })

  await t.test('Escape takes the selection back', async () => {
    await canvas.focus()
    await page.keyboard.press('Escape')
    await chip.waitFor({ state: 'hidden' })
    await comesTrue('the picture is as before', async () => difference(whole, await picture(page, card)) < 0.001)
  })

  await t.test('the selection is hidden, isolated and shown again', async t => {
    await page.mouse.click(x, y)
    await chip.waitFor()
    await canvas.focus()
    await page.keyboard.press('i')
    await comesTrue('only one is left', async () => difference(whole, await picture(page, card)) > 0.05)
    const all = Number((await card.locator('[data-role=instances]').textContent() ?? '').split(' ')[0])
    t.equal(Number((await dataOf(card))['hidden']), all - 1)
    await keep(page, 'isolated')
    await press(card, 'Show all')
    await page.keyboard.press('Escape')
    await page.mouse.click(x, y)
    await press(card, 'Hide selection (H)')
    t.equal((await dataOf(card))['hidden'], '1')
    await page.mouse.click(x, y)
    t.equal((await dataOf(card))['selected'], '1', 'what is hidden is clicked through')
    await press(card, 'Show all')
    await press(card, 'Clear selection (Esc)')
    await comesTrue('the picture is as before', async () => difference(whole, await picture(page, card)) < 0.001)
  })

  await t.test('the model is cut open', async t => {
    await press(card, 'Section plane')
    await press(card, 'Cut along Z')
    await comesTrue('a part is missing', async () => difference(whole, await picture(page, card)) > 0.03)
    await keep(page, 'section')
    const half = await picture(page, card)
    await press(card, 'Flip')
    await comesTrue('the other half is shown', async () => difference(half, await picture(page, card)) > 0.03)
    await press(card, 'No section')
    await press(card, 'Section plane')
    t.ok(difference(whole, await picture(page, card)) < 0.001)
  })

  await t.test('the model is taken apart and put together', async () => {
    await press(card, 'Explode')
    await card.getByRole('slider', { name: 'Explode' }).fill('1')
    await comesTrue('the parts move', async () => difference(whole, await picture(page, card)) > 0.03)
    await canvas.press('f')
    await comesTrue('a new picture is complete', async () => (await dataOf(card))['refining'] === 'false')
    await keep(page, 'exploded')
    await card.getByRole('slider', { name: 'Explode' }).fill('0')
    await press(card, 'Explode')
    await canvas.press('f')
  })

  await t.test('it is seen from the front, the top and the right', async () => {
    await press(card, 'Views')
    let last = await picture(page, card)
    for (const name of ['Front', 'Top', 'Right', 'Isometric']) {
      await press(card, name)
      await comesTrue(`${name} is another picture`, async () => difference(last, await picture(page, card)) > 0.02)
      last = await picture(page, card)
      await keep(page, `view-${name.toLowerCase()}`)
    }
    await press(card, 'Views')
  })

  await t.test('edges are drawn', async t => {
    await comesTrue('the picture is complete', async () => (await dataOf(card))['refining'] === 'false')
    const plain = await picture(page, card)
    await press(card, 'Feature edges')
    await comesTrue('lines appear', async () => difference(plain, await picture(page, card)) > 0.005)
    await keep(page, 'edges')
    await press(card, 'Feature edges')
    await comesTrue('and go', async () => difference(plain, await picture(page, card)) < 0.002)
    t.pass()
  })

  await t.test('a distance is measured between two points', async t => {
    await press(card, 'Measure a distance')
    await page.mouse.click(x, y)
    await page.mouse.click(x + 60, y + 12)
    const label = card.locator('.measure output')
    await label.waitFor()
    t.match(await label.textContent(), /^[\d.]+ m?m$/)
    await keep(page, 'measure')
    await canvas.focus()
    await page.keyboard.press('Escape')
    await label.waitFor({ state: 'hidden' })
  })

  await t.test('the tree is opened and searched, and selects and hides', async t => {
    await press(card, 'Assembly tree')
    const panel = card.getByRole('region', { name: 'Assembly' })
    const rows = panel.locator('li')
    t.ok(await rows.count() > 1)
    const [first = ''] = await panel.locator('.name').allTextContents()
    await panel.getByRole('searchbox').fill(first.slice(0, 5).toUpperCase())
    await comesTrue('it is found', async () => (await panel.locator('.name').first().textContent() ?? '').toLowerCase().includes(first.slice(0, 5).toLowerCase()))
    await panel.locator('.name').first().click()
    await chip.waitFor()
    await keep(page, 'tree')
    await panel.locator('.icon').first().click()
    t.ok(Number((await dataOf(card))['hidden']) > 0)
    await press(card, 'Show all')
    await press(card, 'Assembly tree')
  })

  await t.test('the picture is saved', async t => {
    const download = page.waitForEvent('download')
    await press(card, 'Save picture')
    const saved = await download
    t.equal(saved.suggestedFilename(), 'drive-unit.png')
    t.equal(await saved.failure(), null)
  })
  t.same(page.complaints, [])
})

t.test('what is measured is as long as it is', async t => {
  const models = t.testdir({})
  await writeFile(`${models}/block.stl`, stlBinary(box([0, 0, 0], [10, 20, 30])))
  const slipway = await startEmbedded(t, { SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), `${slipway.url}/embed.html`)
  await page.evaluate(`(async () => {
    const { createViewer } = await import('/assets/viewer.js')
    document.body.innerHTML = '<main></main>'
    window.completed = 0
    window.viewer = createViewer(document.querySelector('main'))
    viewer.on('complete', () => { completed++ })
    await viewer.load('block')
    viewer.view('front')
    viewer.hide([0])
  })()`)
  await comesTrue('nothing is there', async () => await page.evaluate('completed') as number > 0)
  const canvas = page.locator('canvas')
  // Away from the bar of tools.
  for (let step = 0; step < 3; step++) await canvas.press('-')
  await page.evaluate('document.querySelector("canvas").style.outline = "none"')
  const empty = await canvas.screenshot()
  await page.evaluate('viewer.show([0])')
  await comesTrue('the block is', async () => difference(empty, await canvas.screenshot()) > 0.01)
  // Seen from the front: 10 mm wide, 30 mm high.
  const [a, b] = [PNG.sync.read(empty), PNG.sync.read(await canvas.screenshot())]
  const seen = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity }
  for (let y = 0; y < a.height; y++) {
    for (let x = 0; x < a.width; x++) {
      const at = (y * a.width + x) * 4
      if ([0, 1, 2].every(k => Math.abs(a.data[at + k]! - b.data[at + k]!) < 12)) continue
      Object.assign(seen, { left: Math.min(seen.left, x), right: Math.max(seen.right, x), top: Math.min(seen.top, y), bottom: Math.max(seen.bottom, y) })
    }
  }
  t.ok(seen.right - seen.left > 60 && seen.bottom < 650, JSON.stringify(seen))
  await page.getByRole('button', { name: 'Measure a distance' }).click()
  const label = page.locator('.measure output')
  const measured = async (from: [number, number], to: [number, number]): Promise<string> => {
    await page.mouse.click(...from)
    await page.getByText('Click the second point').waitFor()
    await page.mouse.click(...to)
    await label.waitFor()
    return await label.textContent() ?? ''
  }
  // Near the corners, which draw the point to themselves.
  t.match(await measured([seen.left + 4, seen.top + 4], [seen.right - 4, seen.top + 4]), /^10(\.0+)? mm$/)
  await keep(page, 'measured')
  const diagonal = await measured([seen.left + 4, seen.top + 4], [seen.right - 4, seen.bottom - 4])
  t.ok(Math.abs(Number(diagonal.replace(' mm', '')) - Math.hypot(10, 30)) < 0.06, diagonal)
  t.same(page.complaints, [])
})

t.test('on a phone the tools wait behind one button', async t => {
  const slipway = await startEmbedded(t)
  const page = await openPage(await openBrowser(t), slipway.url, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme: 'dark' })
  const card = await createViewer(page)
  await phase(card, 'complete')
  t.equal(await card.getByRole('toolbar').isVisible(), false)
  await card.getByRole('button', { name: 'Tools', exact: true }).click()
  await card.getByRole('toolbar').waitFor()
  await press(card, 'Section plane')
  await press(card, 'Cut along Z')
  const { x, y } = await gearbox(card)
  await page.touchscreen.tap(x, y)
  await card.locator('.selection-chip').waitFor()
  await keep(page, 'tools-phone')
  t.same(page.complaints, [])
})
