import t from 'tap'
import { readMessage } from '../../src/stream-server/client-message.ts'
import { mostRunNumbers } from '../../src/stream-server/protocol.ts'
import { StreamError, readServerMessage } from '../../src/viewer/server-message.ts'
import { chance, mutated } from '../fuzz/mutation.ts'
import { camera } from './support/viewer.ts'

const rounds = 120_000

/** Values that programs stumble over. */
const wild: unknown[] = [null, true, -1, 0, 0.5, 1e308, -1e-308, 2 ** 53, NaN, Infinity, '', 'x'.repeat(5000), '__proto__', [], {}, [[[]]], { length: 1e9 }, [null], new Array(1001).fill(0)]

const odd = ['__proto__', 'constructor', 'type', '', '0']

/** A message with one or more of its values, however deep, replaced, removed or added. */
function bent (message: unknown, pick: (below: number) => number): unknown {
  const copy = structuredClone(message) as Record<string, unknown>
  for (let times = 1 + pick(3); times > 0; times--) {
    let holder: Record<string, unknown> = copy
    let keys = Object.keys(holder)
    let key = keys[pick(keys.length)] ?? 'type'
    while (typeof holder[key] === 'object' && holder[key] !== null && pick(3) > 0) {
      holder = holder[key] as Record<string, unknown>
      keys = Object.keys(holder)
      key = keys[pick(keys.length)] ?? '0'
    }
    switch (pick(4)) {
      case 0: delete holder[key]; break
      case 1: holder[odd[pick(odd.length)]!] = structuredClone(wild[pick(wild.length)]); break
      default: holder[key] = structuredClone(wild[pick(wild.length)])
    }
  }
  return copy
}

const fromViewer = [
  { type: 'open', model: 'balls', token: 'secret', streamingMode: 'all' },
  { type: 'resume', key: 'abcdefghijklmnopqrstuv', scene: true, bytes: 1000 },
  { ...camera(1, [1, 2, 3], [0, 0, 0]), width: 1280, height: 720, background: 0xffffff },
  { type: 'received', bytes: 1000 },
  { type: 'budget', bytes: 1e8, triangles: 1e7 },
  { type: 'request', runs: [0, 10, 20, 1], on: true },
  { type: 'mark', what: 'hidden', runs: [0, 10, 20, 1], on: true },
  { type: 'style', ghosts: true, edges: false, explosion: 1, section: [1, 0, 0, -2] },
  { type: 'shown', frame: 3 },
  { type: 'pick', id: 1, x: 0.5, y: 0.5 }
]

const level = { triangles: 12, vertices: 24, error: 0.1, bytes: 900 }
const fromServer = [
  { type: 'session', key: 'abcdefghijklmnopqrstuv', graceSeconds: 30 },
  { type: 'preparing', percent: 50, step: 'Simplifying' },
  {
    type: 'scene',
    model: 'bench',
    min: [0, 0, 0],
    max: [1, 1, 1],
    nodes: [{ name: 'Root', parent: -1 }, { name: 'Bolt', parent: 0 }],
    parts: [{ name: 'Bolt', min: [0, 0, 0], max: [1, 1, 1], color: [1, 1, 1, 1], metallic: 0, roughness: 1, levels: [level, level] }],
    instances: [{ part: 0, node: 1, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }],
    triangles: 12
  },
  { type: 'idle', seq: 1, chunks: 2, bytes: 3, limited: false },
  { type: 'drop', parts: [0] },
  { type: 'frame', number: 1, seq: 1, width: 100, height: 50, top: 50, whole: 100, format: 'png', bytes: 5000, triangles: 12, complete: true },
  { type: 'picked', id: 1, instance: 0, point: [0, 1, 2] },
  { type: 'error', code: 'internal', message: 'No.' }
]

/** Every number that is anywhere in a value is a number. */
const isSound = (value: unknown): boolean => typeof value === 'number' ? Number.isFinite(value) : typeof value === 'object' && value !== null ? Object.values(value).every(isSound) : true

/** Texts made of `messages`: some with a wrong value somewhere, some with wrong bytes. */
function * hostile (messages: object[], seed: number): Generator<string> {
  const pick = chance(seed)
  for (let round = 0; round < rounds; round++) {
    const message = messages[round % messages.length]
    if (round % 4 === 0) yield mutated(Buffer.from(JSON.stringify(message)), pick).toString('utf8')
    else yield JSON.stringify(bent(message, pick))
  }
}

t.test('whatever a viewer says is understood within its bounds, or refused in words that fit a close frame', async t => {
  for (const message of fromViewer) t.same(readMessage(JSON.stringify(message)), { ok: true, message })
  const counts = { taken: 0, refused: 0 }
  for (const text of hostile(fromViewer, 1)) {
    const read = readMessage(text)
    counts[read.ok ? 'taken' : 'refused']++
    if (!read.ok) {
      if (Buffer.byteLength(read.problem) > 123 || !/^[\x20-\x7e]+$/.test(read.problem)) t.fail(read.problem)
      continue
    }
    const { message } = read
    if (!isSound(message)) t.fail(`not a number got through: ${text}`)
    if ('runs' in message && message.runs.length > mostRunNumbers) t.fail('too many runs')
    if (message.type === 'open' && message.model.length + (message.token?.length ?? 0) > 5096) t.fail('too long')
  }
  t.ok(counts.taken > 1000 && counts.refused > 50_000, JSON.stringify(counts))
})

t.test('whatever a stream server says is understood within its bounds, or refused in a sentence', async t => {
  for (const message of fromServer) t.same(readServerMessage(JSON.stringify(message)), message)
  const counts = { taken: 0, refused: 0 }
  for (const text of hostile(fromServer, 2)) {
    try {
      const message = readServerMessage(text)
      counts.taken++
      if (!isSound(message)) t.fail(`not a number got through: ${text}`)
      if (message.type === 'scene' && !message.instances.every(({ part, node }) => message.parts[part] !== undefined && message.nodes[node] !== undefined)) t.fail(`of nothing: ${text}`)
      if (message.type === 'frame' && message.width * message.height > 4096 ** 2) t.fail('too large')
    } catch (error) {
      counts.refused++
      if (!(error instanceof StreamError) || error.message.length > 200 || !/^The .*\.$/s.test(error.message)) t.fail(`${text}: ${(error as Error).stack}`)
    }
  }
  t.ok(counts.taken > 1000 && counts.refused > 40_000, JSON.stringify(counts))
})
