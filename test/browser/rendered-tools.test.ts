import t from 'tap'
import type { Page } from 'playwright-core'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { dataOf, difference, keep, openBrowser, openPage, phase, type Card } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

const press = async (card: Card, name: string): Promise<void> => { await card.getByRole('button', { name, exact: true }).click() }

t.test('pictures that the stream server renders are looked into with the same tools', async t => {
  const slipway = await startSlipway(t, embedded)
  const page: Page & { complaints: string[] } = await openPage(await openBrowser(t), `${slipway.url}/?model=drive-unit&mode=ssr`)
  const card = page.locator('article.card')
  await phase(card, 'complete')
  const canvas = card.locator('canvas')
  const chip = card.locator('.selection-chip')
  const picture = async (): Promise<Buffer> => Buffer.from((await canvas.evaluate(element => (element as unknown as { toDataURL (): string }).toDataURL())).slice(22), 'base64')
  const whole = await picture()
  const box = await canvas.boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 }
  // On the gearbox, with nothing small near by.
  const [x, y] = [box.x + 0.48 * box.width, box.y + 0.45 * box.height]
  /** Waits until the picture is another than `before`, and as it stays. */
  const changed = async (what: string, before: Buffer, least: number): Promise<Buffer> => {
    await comesTrue(what, async () => difference(before, await picture()) > least)
    await comesTrue('it is complete', async () => (await dataOf(card))['refining'] === 'false')
    return await picture()
  }
  const asBefore = async (): Promise<void> => { await comesTrue('all is as before', async () => difference(whole, await picture()) < 0.001) }

  await page.mouse.click(x, y)
  await chip.waitFor()
  t.match(await chip.textContent(), /\w.*triangles · [\d.]+ × [\d.]+ × [\d.]+ m/)
  const selected = await changed('what was clicked stands out', whole, 0.0005)
  await press(card, 'Ghost what is not selected')
  await changed('the rest fades', selected, 0.05)
  await keep(page, 'rendered-ghosts')
  await press(card, 'Ghost what is not selected')
  await press(card, 'Hide selection (H)')
  await changed('what was selected is gone', selected, 0.0005)
  t.equal((await dataOf(card))['hidden'], '1')
  await press(card, 'Show all')
  await asBefore()
  await page.mouse.click(x, y)
  await chip.waitFor()
  await press(card, 'Isolate selection (I)')
  await changed('only it is left', selected, 0.05)
  const instances = Number((await card.locator('[data-role=instances]').textContent() ?? '').replace(/ instances.*/, ''))
  t.equal((await dataOf(card))['hidden'], String(instances - 1))
  await keep(page, 'rendered-isolated')
  await press(card, 'Show all')
  await press(card, 'Clear selection (Esc)')
  await asBefore()

  await press(card, 'Assembly tree')
  const eye = card.locator('.assembly-panel .icon').first()
  await eye.click()
  await comesTrue('a branch is hidden', async () => Number((await dataOf(card))['hidden']) > 0)
  const without = await changed('it is not in the picture', whole, 0.01)
  await keep(page, 'rendered-tree-hidden')
  await eye.click()
  t.equal((await dataOf(card))['hidden'], '0')
  await changed('and is again', without, 0.01)
  await press(card, 'Assembly tree')
  await asBefore()

  await press(card, 'Section plane')
  await press(card, 'Cut along Z')
  const half = await changed('half of it is cut away', whole, 0.05)
  await keep(page, 'rendered-section')
  await press(card, 'Flip')
  await changed('the other half is there', half, 0.05)
  await keep(page, 'rendered-section-flipped')
  await press(card, 'No section')
  await asBefore()
  await press(card, 'Explode')
  const slider = card.getByRole('slider', { name: 'Explode' })
  await slider.fill('0.6')
  await changed('it comes apart', whole, 0.05)
  await keep(page, 'rendered-explode')
  await slider.fill('0')
  await press(card, 'Explode')
  await asBefore()

  await press(card, 'Feature edges')
  await changed('edges are drawn', whole, 0.005)
  await keep(page, 'rendered-edges')
  await press(card, 'Feature edges')
  await asBefore()

  await press(card, 'Measure a distance')
  await page.mouse.click(x, y)
  await card.getByText('Click the second point').waitFor()
  await page.mouse.click(x + 60, y + 12)
  const label = card.locator('.measure output')
  await label.waitFor()
  t.match(await label.textContent(), /^[\d.]+ m?m$/)
  await keep(page, 'rendered-measure')
  await canvas.focus()
  await page.keyboard.press('Escape')

  await press(card, 'Assembly tree')
  await card.getByRole('searchbox').fill('hex bolt')
  await card.locator('.assembly-panel .name').first().click()
  await chip.waitFor()
  await press(card, 'Fit selection')
  await changed('it is looked at from near', whole, 0.2)
  await keep(page, 'rendered-fit')
  await press(card, 'Views')
  let last = await picture()
  for (const name of ['Top', 'Front', 'Right', 'Isometric']) {
    await press(card, name)
    last = await changed(`${name} is another picture`, last, 0.02)
    await keep(page, `rendered-view-${name.toLowerCase()}`)
  }
  const download = page.waitForEvent('download')
  await press(card, 'Save picture')
  t.equal(await (await download).failure(), null)
  t.same(page.complaints, [])
})
