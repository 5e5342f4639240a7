import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { comesTrue } from '../fixtures/slipway.ts'
import { dataOf, keep, openBrowser, openPage, phase, small, startEmbedded } from './chromium.ts'

/** A network between browser and stream server that can be cut: every line through it at once, and new ones refused until it is mended. */
async function network (t: Test) {
  const lines = new Set<Socket>()
  let cut = false
  let port = 0
  const server = createServer(near => {
    if (cut) return near.destroy()
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) {
      lines.add(one)
      one.on('error', () => {}).on('close', () => { lines.delete(one); other.destroy() })
      one.pipe(other)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { for (const line of lines) line.destroy(); server.close() })
  return {
    /** Where the viewer is to connect, to reach `to`. */
    through: (to: number) => { port = to; return (server.address() as AddressInfo).port },
    cut: () => { cut = true; for (const line of lines) line.destroy() },
    mend: () => { cut = false }
  }
}

for (const mode of ['csr', 'ssr']) {
  t.test(`a viewer loses its network for a moment, says so, and goes on: ${mode}`, async t => {
    const slipway = await startEmbedded(t)
    const line = await network(t)
    const page = await openPage(await openBrowser(t), 'about:blank', small)
    let sockets = 0
    await page.route('**/api/spawn', async route => {
      const response = await route.fetch({ headers: { ...route.request().headers(), accept: 'application/json' } })
      const answer = await response.json() as { endpoints: { ws: string } }
      answer.endpoints.ws = `ws://127.0.0.1:${line.through(Number(new URL(answer.endpoints.ws).port))}`
      await route.fulfill({ response, json: answer })
    })
    page.on('websocket', socket => { if (!socket.url().includes(slipway.url.slice(7))) sockets++ })
    await page.goto(`${slipway.url}/?model=drive-unit&mode=${mode}`)
    const card = page.locator('article.card')
    await phase(card, 'complete')
    const before = await dataOf(card)
    line.cut()
    await card.getByText('The connection was lost. Trying to get it back.').waitFor()
    await keep(page, `connection-lost-${mode}`)
    t.equal((await dataOf(card))['phase'], 'complete', 'it is not over')
    line.mend()
    await card.getByText('The connection was lost.').waitFor({ state: 'hidden' })
    t.ok(sockets >= 2)
    if (mode === 'csr') t.equal((await dataOf(card))['bytes'], before['bytes'], 'nothing came twice')
    await card.locator('canvas').focus()
    for (let press = 0; press < 6; press++) await page.keyboard.press('+')
    await comesTrue('it goes on', async () => Number((await dataOf(card))['bytes']) > Number(before['bytes']))
    await comesTrue('and is complete', async () => (await dataOf(card))['refining'] === 'false')
    t.equal(((await (await fetch(`${slipway.url}/api/spawns`)).json()) as { spawns: unknown[] }).spawns.length, 1, 'in the same session')
    await card.getByRole('button', { name: 'Close viewer' }).click()
    await comesTrue('closing ends it', async () => ((await (await fetch(`${slipway.url}/api/spawns`)).json()) as { spawns: unknown[] }).spawns.length === 0)
  })
}
