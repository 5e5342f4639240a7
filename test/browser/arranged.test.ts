import t from 'tap'
import type { Page } from 'playwright-core'
import type { SceneMessage } from '../../src/stream-server/protocol.ts'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { colours, keep, openBrowser, openPage } from './chromium.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '', SLIPWAY_PING_INTERVAL: '1' }

/** What comes to a page over its sockets: the scene, and which parts at which levels. */
function watch (page: Page) {
  const files: Array<{ part: number, level: number }> = []
  const seen = { scene: undefined as SceneMessage | undefined, files, said: [] as string[] }
  page.on('websocket', socket => {
    socket.on('framesent', ({ payload }) => { seen.said.push((JSON.parse(payload as string) as { type: string }).type) })
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload === 'string') {
        const message = JSON.parse(payload) as { type: string }
        if (message.type === 'scene') seen.scene = message as SceneMessage
      } else files.push((JSON.parse(payload.toString('utf8', 20, 20 + payload.readUInt32LE(12))) as { asset: { extras: { part: number, level: number } } }).asset.extras)
    })
  })
  return seen
}

/** The instance that stands farthest from the middle, of those whose part has levels to choose from. */
function farthest ({ instances, parts, min, max }: SceneMessage): number {
  const distance = ({ matrix }: SceneMessage['instances'][number]): number => Math.hypot(...[0, 1, 2].map(axis => matrix[12 + axis]! - (min[axis]! + max[axis]!) / 2))
  return instances.map((instance, i) => ({ i, d: parts[instance.part]!.levels.length > 2 ? distance(instance) : -1 })).sort((a, b) => b.d - a.d)[0]!.i
}

t.test('what is taken apart streams where it stands then, and what is hidden does not stream', async t => {
  const slipway = await startSlipway(t, embedded)
  const page = await openPage(await openBrowser(t), 'about:blank')
  const seen = watch(page)
  await page.goto(`${slipway.url}/embed.html`)
  await page.evaluate(`(async () => {
    const { createViewer } = await import('/assets/viewer.js')
    document.body.innerHTML = '<main></main>'
    window.completed = 0
    window.viewer = createViewer(document.querySelector('main'), { tools: false })
    viewer.on('complete', () => { completed++ })
    await viewer.load('drive-unit')
  })()`)
  const complete = async (what: string, change: string): Promise<void> => {
    const before = await page.evaluate('completed') as number
    await page.evaluate(change)
    await comesTrue(what, async () => await page.evaluate('completed') as number > before)
  }
  await comesTrue('the picture is complete', async () => await page.evaluate('completed') as number > 0)
  const { scene, files } = seen
  if (scene === undefined) throw new Error('there was no scene')
  const far = farthest(scene)
  const { part } = scene.instances[far]!
  const finest = scene.parts[part]!.levels.length - 1
  t.ok(files.every(file => file.part !== part || file.level < finest), 'from afar it is coarse')

  await complete('it is complete taken apart', 'viewer.explode(3)')
  await complete('and near one part that is far out', `viewer.select([${far}]); viewer.fitSelection(); viewer.select([])`)
  await keep(page, 'apart-near')
  t.ok(colours(await page.locator('canvas').screenshot()) > 50, 'it is in the picture')
  t.ok(files.some(file => file.part === part && file.level === finest), 'and as fine as it can be')

  await complete('together again', 'viewer.explode(0); viewer.fit()')
  await complete('it is complete with one part only', `viewer.isolate([${far}])`)
  const before = files.length
  await complete('and from near', 'viewer.select(viewer.search("hex bolt").slice(0, 1)); viewer.fitSelection()')
  t.same(files.slice(before).filter(file => file.part !== part), [], 'nothing came of what is hidden')
  await complete('until it is shown', 'viewer.showAll()')
  t.ok(files.length > before, 'then it did')
  t.ok(seen.said.includes('mark') && seen.said.includes('style'))
  await page.evaluate('viewer.close()')
  t.same(page.complaints, [])
})
