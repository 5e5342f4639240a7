import { copyFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { box, stlBinary } from '../stream-server/support/files.ts'
import { colours, createViewer, dataOf, keep, openBrowser, openPage, phase } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }
/** STEP and IGES files that come with the library. */
const cad = join(dirname(createRequire(import.meta.url).resolve('occt-import-js/package.json')), 'test/testfiles')

t.test('CAD files are prepared while the page says how far, and are shown then', async t => {
  const models = t.testdir({})
  await copyFile(join(cad, 'cax-if/as1_pe_203.stp'), `${models}/assembly.stp`)
  await copyFile(join(cad, 'cube-10x10mm/Cube 10x10.igs'), `${models}/cube.igs`)
  await writeFile(`${models}/block.stl`, stlBinary(box()))
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MODEL_DIRS: models })
  const page = await openPage(await openBrowser(t), slipway.url)
  await page.locator('#create button:enabled').waitFor()
  await page.evaluate(`window.said = []
    new MutationObserver(() => {
      const [card] = document.querySelectorAll('article.card')
      const words = card?.querySelector('[data-role=preparing-words]').textContent
      if (words && said.at(-1)?.words !== words) said.push({ words, bar: card.querySelector('progress').value })
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`)
  for (const [model, format] of [['assembly', 'STEP'], ['cube', 'IGES'], ['block', 'STL']] as const) {
    await page.evaluate('said.length = 0')
    await page.locator('#model').selectOption(model)
    const card = await createViewer(page)
    if (format === 'STEP') {
      await card.getByText(/^Reading the STEP file and making triangles of its surfaces \(\d+ %\)$/).waitFor()
      await keep(page, 'preparing-step')
    }
    await phase(card, 'complete')
    const said = await page.evaluate('said') as Array<{ words: string, bar: number }>
    const bars = said.map(({ bar }) => bar)
    t.same(bars, bars.toSorted((a, b) => a - b), `${format}: it never goes back: ${bars.join()}`)
    if (format === 'STEP') t.ok(bars.length > 4 && said.some(({ words }) => /^Preparing \S+ \(\d+ %\)$/.test(words)), said.map(({ words }) => words).join(', '))
    const picture = await card.locator('canvas').screenshot()
    t.ok(colours(picture) > 30, `${format}: ${colours(picture)} colours`)
    t.ok(Number((await dataOf(card))['triangles']) >= 12)
    await keep(page, `format-${format.toLowerCase()}`)
    await card.getByRole('button', { name: 'Close viewer' }).click()
  }
  t.same(page.complaints, [])
})
