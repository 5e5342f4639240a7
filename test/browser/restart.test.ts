import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { portRange } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { dataOf, keep, openBrowser, openPage, phase, small } from './chromium.ts'

for (const [way, endpoint, signal] of [
  ['by its port', 'ws://{host}:{port}', 'SIGTERM'],
  ['through the service by port', '{origin}/wsproxy/{port}', 'SIGTERM'],
  ['through the service by token', '{origin}/s/{token}', 'SIGKILL']
] as const) {
  t.test(`the service ends by ${signal} and is started again under a viewer that is connected ${way}: it goes on in the same session`, async t => {
    const home = mkdtempSync(join(tmpdir(), 'slipway-restart-'))
    t.teardown(() => { rmSync(home, { recursive: true }) })
    const port = await portRange(5)
    const start = async () => await startSlipway(t, {
      SLIPWAY_KEEP_SESSIONS: '60',
      SLIPWAY_STATE_DIR: join(home, 'state'),
      SLIPWAY_WORKSPACE_DIR: join(home, 'workspace'),
      SLIPWAY_PORT: String(port),
      SLIPWAY_WS_PORTS_BEGIN: String(port + 1),
      SLIPWAY_STREAM_SERVER: '',
      SLIPWAY_PING_INTERVAL: '1',
      SLIPWAY_ENDPOINT: endpoint,
      SLIPWAY_TOKEN_LIFETIME: '5'
    })
    const tunnelled = way !== 'by its port'
    const first = await start()
    const page = await openPage(await openBrowser(t), 'about:blank', small)
    let sockets = 0
    page.on('websocket', socket => { if (!socket.url().includes('/api/events')) sockets++ })
    await page.goto(`${first.url}/?model=drive-unit&mode=csr`)
    const card = page.locator('article.card')
    await phase(card, 'complete')
    const before = await dataOf(card)
    const known = Date.now()
    await comesTrue('a token it was given has expired', () => Date.now() - known > 5_000)
    const sessions = async () => ((await (await fetch(`${first.url}/api/spawns`)).json()) as { spawns: Array<{ id: string }> }).spawns.map(({ id }) => id)
    const ids = await sessions()
    await first.stop(signal)
    const lost = card.getByText('The connection was lost. Trying to get it back.')
    if (tunnelled) {
      await lost.waitFor()
      await keep(page, 'service-restarted')
    }
    const second = await start()
    await lost.waitFor({ state: 'hidden' })
    t.equal((await dataOf(card))['phase'], 'complete')
    t.ok(tunnelled ? sockets > 1 : sockets === 1, `${sockets} sockets`)
    t.equal((await dataOf(card))['bytes'], before['bytes'], 'nothing came twice')
    await card.locator('canvas').focus()
    for (let press = 0; press < 6; press++) await page.keyboard.press('+')
    await comesTrue('it goes on', async () => Number((await dataOf(card))['bytes']) > Number(before['bytes']))
    await comesTrue('and is complete', async () => (await dataOf(card))['refining'] === 'false')
    t.same(await sessions(), ids, 'in the same session')
    await second.waitForLog(/session adopted > connected|session ready > connected/)
    await card.getByRole('button', { name: 'Close viewer' }).click()
    await comesTrue('closing ends it', async () => (await sessions()).length === 0)
  })
}
