import t from 'tap'
import { Streamer } from '../../src/stream-server/csr/streamer.ts'
import type { Source } from '../../src/stream-server/csr/streamer.ts'
import { creditBytes } from '../../src/stream-server/protocol.ts'
import type { IdleMessage, InstanceInfo, PartInfo, StreamingMode } from '../../src/stream-server/protocol.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { camera } from './support/viewer.ts'

const size = 1

function part (name: string, sizes: number[]): PartInfo {
  return {
    name,
    min: [-size, -size, -size],
    max: [size, size, size],
    color: [1, 1, 1, 1],
    metallic: 0,
    roughness: 1,
    levels: sizes.map((bytes, i) => ({ triangles: 10 ** (i + 1), vertices: 10 ** (i + 1), error: i === sizes.length - 1 ? 0 : 0.5 / 10 ** i, bytes }))
  }
}

const at = (part: number, x: number): InstanceInfo => ({ part, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, 0, 0, 1] })

/** A streamer over parts whose files have the given sizes, one part at each given x. */
function stage (sizes: number[][], places: number[], mode: StreamingMode = 'interactive') {
  const parts = sizes.map((bytes, i) => part(`p${i}`, bytes))
  const reads: string[] = []
  const sent: string[] = []
  const idles: IdleMessage[] = []
  const broken: string[] = []
  const drops: number[][] = []
  let buffered = 0
  let release: (() => void) | null = null
  const state = {
    failing: false,
    holding: false,
    bytes: 0,
    reads,
    sent,
    idles,
    broken,
    drops,
    /** Lets a held read go on. */
    release: () => { release?.() },
    /** The socket takes nothing more until `drain`. */
    choke: () => { buffered = 1e6 },
    drain: () => { buffered = 0; streamer.resume() }
  }
  const source: Source = {
    scene: { type: 'scene', model: 'm', min: [0, 0, 0], max: [0, 0, 0], nodes: [], parts, instances: places.map((x, i) => at(i, x)), triangles: 0 },
    read: async (part, level) => {
      reads.push(`${part}/${level}`)
      if (state.failing) throw new Error('disk gone')
      if (state.holding) await new Promise<void>(resolve => { release = resolve })
      return Buffer.alloc(sizes[part]?.[level] ?? 0)
    }
  }
  const streamer = new Streamer(source, {
    get buffered () { return buffered },
    sendFile: glb => {
      state.bytes += glb.length
      sent.push(reads.at(-1) ?? '')
    },
    sendDrop: ({ parts }) => { drops.push(parts) },
    sendIdle: message => { idles.push(message) }
  }, mode, error => { broken.push(error.message) })
  return { streamer, state }
}

const front = (seq: number, x = 0, tolerance = 1) => camera(seq, [x, 0, 8], [x, 0, 0], tolerance)

t.test('it stops at the credit and goes on as the viewer takes things in', async t => {
  const quarter = creditBytes / 4
  const { streamer, state } = stage(Array.from({ length: 10 }, () => [quarter]), Array.from({ length: 10 }, () => 0))
  streamer.look(front(1))
  await settle()
  t.equal(state.sent.length, 4)
  streamer.acknowledge(quarter)
  await settle()
  t.equal(state.sent.length, 5)
  for (let i = 0; i < 10; i++) {
    streamer.acknowledge(state.bytes)
    await settle()
  }
  t.equal(state.sent.length, 10)
  t.same(state.idles, [{ type: 'idle', seq: 1, chunks: 10, bytes: 10 * quarter, limited: false }])
})

t.test('a file larger than the whole credit goes alone', async t => {
  const { streamer, state } = stage([[100], [creditBytes * 3], [100]], [0, 0, 0])
  streamer.look(front(1))
  await settle()
  t.same(state.sent, ['0/0'])
  streamer.acknowledge(100)
  await settle()
  t.same(state.sent, ['0/0', '1/0'])
  streamer.acknowledge(state.bytes)
  await settle()
  t.same(state.sent, ['0/0', '1/0', '2/0'])
})

t.test('it waits while the socket is choked', async t => {
  const { streamer, state } = stage([[100], [100]], [0, 0])
  state.choke()
  streamer.look(front(1))
  await settle()
  t.same(state.sent, [])
  state.drain()
  await settle()
  t.equal(state.sent.length, 2)
})

t.test('the newest camera wins: what only older ones wanted is never sent', async t => {
  const { streamer, state } = stage([[10], [10], [10]], [0, 100, 200])
  state.holding = true
  streamer.look(front(1, 0))
  streamer.look(front(2, 100))
  streamer.look(front(3, 200))
  state.holding = false
  state.release()
  await settle()
  t.same(state.sent, ['0/0', '2/0'], 'the one being read, then those of the newest')
  t.same(state.idles.map(({ seq }) => seq), [3])
})

t.test('every camera gets its idle, and nothing is sent twice', async t => {
  const { streamer, state } = stage([[10, 20, 30]], [0])
  for (let seq = 1; seq <= 3; seq++) {
    streamer.look(front(seq, 0, 0.01))
    await settle()
  }
  t.equal(new Set(state.sent).size, state.sent.length)
  t.same(state.idles.map(({ seq }) => seq), [1, 2, 3])
})

t.test('a source that breaks is told once, and after close nothing more happens', async t => {
  const { streamer, state } = stage([[10]], [0])
  state.failing = true
  streamer.look(front(1))
  await settle()
  streamer.look(front(2))
  await settle()
  t.same(state.broken, ['disk gone'])
  const other = stage([[10]], [0])
  other.state.holding = true
  other.streamer.look(front(1))
  other.streamer.close()
  other.state.release()
  await settle()
  t.same([other.state.sent, other.state.idles, other.state.broken], [[], [], []])
})

t.test('what does not fit into the budget is given up, and sent again when it is looked at again', async t => {
  const { streamer, state } = stage([[10], [10]], [0, 100])
  streamer.limit({ bytes: 10 * 24 + 10 * 12, triangles: 1e6 })
  for (const [seq, x] of [[1, 0], [2, 100], [3, 0]] as const) {
    streamer.look(front(seq, x))
    await settle()
  }
  t.same(state.sent, ['0/0', '1/0', '0/0'])
  t.same(state.drops, [[0], [1]])
  t.same(state.idles.map(({ limited }) => limited), [false, false, false])
  streamer.limit({ bytes: 0, triangles: 1e6 })
  await settle()
  t.same(state.drops.at(-1), [0])
  t.match(state.idles.at(-1), { limited: true })
})

t.test('in mode all the rest follows what is seen; on demand nothing comes unasked', async t => {
  const all = stage([[10, 20], [10, 20, 30]], [0, 100], 'all')
  all.streamer.look(front(1))
  await settle()
  t.same(all.state.sent.slice(-2), ['1/0', '1/2'], 'coarse, then all of it')
  t.equal(all.state.idles.length, 1)
  const asked = stage([[10], [10]], [0, 1], 'on-demand')
  asked.streamer.look(front(1))
  await settle()
  t.same(asked.state.sent, [])
  asked.streamer.request([1, 1, 7, 1e9], true)
  await settle()
  t.same(asked.state.sent, ['1/0'])
  asked.streamer.request([0, 2], false)
  await settle()
  t.equal(asked.state.idles.length, 3)
})

const style = { type: 'style', ghosts: true, edges: true, section: null } as const
const mark = (runs: number[], on: boolean, what: 'hidden' | 'selected' = 'hidden') => ({ type: 'mark', what, runs, on } as const)

t.test('what is hidden is not sent, whatever the mode, and needs no room', async t => {
  const { streamer, state } = stage([[10], [10], [10]], [0, 1, -1])
  streamer.arrange(mark([1, 1e9], true))
  streamer.look(front(1))
  await settle()
  t.same(state.sent, ['0/0'])
  streamer.arrange(mark([0, 3], true, 'selected'))
  streamer.arrange(mark([2, 1], false))
  await settle()
  t.same(state.sent, ['0/0', '2/0'], 'what is shown again comes, without another camera')
  t.same(state.idles.map(({ seq }) => seq), [1, 1])
  streamer.limit({ bytes: 10 * 24 + 10 * 12, triangles: 10 })
  await settle()
  t.match(state.idles.at(-1), { limited: true })
  streamer.arrange(mark([0, 1], true))
  await settle()
  t.match(state.idles.at(-1), { limited: false })
  const all = stage([[10, 20], [10, 20]], [0, 100], 'all')
  all.streamer.arrange(mark([1, 1], true))
  all.streamer.look(front(1))
  await settle()
  t.notOk(all.state.sent.some(each => each.startsWith('1/')))
})

t.test('many marks in a row make one plan', async t => {
  const { streamer, state } = stage([[10], [10]], [0, 1])
  streamer.look(front(1))
  await settle()
  for (let i = 0; i < 200; i++) streamer.arrange(mark([i % 2, 1], i % 3 === 0))
  await settle()
  t.equal(state.idles.length, 2)
})

t.test('what is taken apart is sent as it stands then', async t => {
  const { streamer, state } = stage([[10, 20, 30], [10, 20, 30]], [0, 10])
  streamer.look(front(1, 30, 2))
  await settle()
  t.same(state.sent, [], 'nothing stands there')
  streamer.arrange({ ...style, explosion: 2 })
  await settle()
  t.same(state.sent, ['1/0', '1/2'], 'now the second does, three times as far from the middle')
  streamer.look(front(2, 10, 2))
  await settle()
  t.equal(state.sent.length, 2, 'and where it was is nothing')
  streamer.arrange(mark([0, 2], true))
  streamer.startOver()
  streamer.look(front(3, 10, 2))
  await settle()
  t.same(state.sent.slice(2).sort(), ['1/0', '1/2'], 'a page that begins anew has all of it together')
})

t.test('a piece goes where its part goes, and is hidden with it', async t => {
  const sent: string[] = []
  const whole = part('whole', [10])
  const inTwo = { ...whole, levels: [], pieces: [{ min: whole.min, max: [0, size, size] as [number, number, number], levels: whole.levels }, { min: [0, -size, -size] as [number, number, number], max: whole.max, levels: whole.levels }] }
  const streamer = new Streamer({
    scene: { type: 'scene', model: 'm', min: [0, 0, 0], max: [0, 0, 0], nodes: [], parts: [whole, inTwo], instances: [at(0, 0), at(1, 10)], triangles: 0 },
    read: async (part, level) => {
      sent.push(`${part}/${level}`)
      return Buffer.alloc(1)
    }
  }, { buffered: 0, sendFile: () => {}, sendDrop: () => {}, sendIdle: () => {} }, 'interactive', error => { throw error })
  streamer.arrange({ ...style, explosion: 1 })
  streamer.arrange(mark([1, 1], true))
  streamer.look(front(1, 20))
  await settle()
  t.same(sent, [])
  streamer.arrange(mark([1, 1], false))
  await settle()
  t.same(sent.sort(), ['1/0', '2/0'])
})

t.test('an instance is asked for whatever it is made of', async t => {
  const sent: string[] = []
  const [first, second, third] = [[10], [20], [30]].map((sizes, i) => part(`p${i}`, sizes)) as [PartInfo, PartInfo, PartInfo]
  const inTwo = { ...second, levels: [], pieces: [second, third].map(({ min, max, levels }) => ({ min, max, levels })) }
  const streamer = new Streamer({
    scene: { type: 'scene', model: 'm', min: [0, 0, 0], max: [0, 0, 0], nodes: [], parts: [first, inTwo, first], instances: [at(0, 0), at(1, 0), at(2, 0)], triangles: 0 },
    read: async (part, level) => {
      sent.push(`${part}/${level}`)
      return Buffer.alloc(1)
    }
  }, { buffered: 0, sendFile: () => {}, sendDrop: () => {}, sendIdle: () => {} }, 'on-demand', error => { throw error })
  streamer.look(front(1))
  streamer.request([1, 1], true)
  await settle()
  t.same(sent.toSorted(), ['1/0', '2/0'], 'both pieces of the second instance')
  streamer.request([2, 1e9], true)
  await settle()
  t.same(sent.slice(2), ['3/0'])
})

t.test('after another socket it goes on with what had not come, and with nothing else', async t => {
  const { streamer, state } = stage([[10], [20], [30]], [0, 0, 0])
  streamer.look(front(1))
  await settle()
  t.equal(state.sent.length, 3)
  const came = state.bytes - (state.sent.at(-1) === '2/0' ? 30 : state.sent.at(-1) === '1/0' ? 20 : 10)
  const last = state.sent.at(-1)
  t.notOk(streamer.rewind(came + 1), 'no viewer can have got so much')
  t.ok(streamer.rewind(came))
  t.equal(streamer.bytes, came)
  await settle()
  t.equal(state.sent.length, 3, 'nothing before the next camera')
  streamer.look(front(2))
  await settle()
  t.same(state.sent.slice(3), [last])
})

t.test('a drop that may have been lost is told again', async t => {
  const { streamer, state } = stage([[10], [10]], [0, 100])
  streamer.limit({ bytes: 10 * 24 + 10 * 12, triangles: 1e6 })
  streamer.look(front(1))
  await settle()
  streamer.acknowledge(10)
  streamer.look(front(2, 100))
  await settle()
  t.same([state.drops, state.sent], [[[0]], ['0/0', '1/0']])
  t.ok(streamer.rewind(10))
  t.same(state.drops, [[0], [0]])
  streamer.look(front(3, 0))
  await settle()
  t.same(state.sent, ['0/0', '1/0', '0/0'], 'the other had not come, so nothing has to make room')
})
