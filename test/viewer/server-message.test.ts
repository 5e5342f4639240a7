import t from 'tap'
import { readServerMessage } from '../../src/viewer/server-message.ts'

const level = { triangles: 12, vertices: 24, error: 0.1, bytes: 900 }
const part = { name: 'Bolt', min: [0, 0, 0], max: [1, 1, 1], color: [1, 1, 1, 1], metallic: 0, roughness: 1, levels: [level] }
const piece = { min: [0, 0, 0], max: [1, 1, 0.5], levels: [level] }
const instance = { part: 0, node: 1, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }
const scene = {
  type: 'scene',
  model: 'bench',
  min: [0, 0, 0],
  max: [1, 1, 1],
  nodes: [{ name: 'Root', parent: -1 }, { name: 'Bolt', parent: 0 }],
  parts: [part],
  instances: [instance],
  triangles: 12
}

t.test('what the stream server says is understood', async t => {
  for (const message of [
    scene,
    { ...scene, parts: [{ ...part, solid: true, levels: [], pieces: [piece, piece] }] },
    { type: 'preparing', percent: 40, step: 'Simplifying' },
    { type: 'idle', seq: 3, chunks: 10, bytes: 2000, limited: true },
    { type: 'session', key: 'abc', graceSeconds: 30 },
    { type: 'drop', parts: [3, 0] },
    { type: 'ending', reason: 'max_lifetime', seconds: 45 },
    { type: 'ending', reason: 'idle_timeout', seconds: null },
    { type: 'error', code: 'badModel', message: 'No geometry.' }
  ]) t.strictSame(readServerMessage(JSON.stringify(message)), message)
})

t.test('an error with a code from the future is an error still', async t => {
  t.match(readServerMessage('{"type":"error","code":"newer","message":"No."}'), { code: 'internal', message: 'No.' })
})

const wrong: Array<[string, unknown]> = [
  ['is no object', 7],
  ['is a list', []],
  ['has an unknown kind', { type: 'picked' }],
  ['has a percentage beyond a hundred', { type: 'preparing', percent: 101, step: '' }],
  ['has an end in the past', { type: 'ending', reason: 'idle_timeout', seconds: -1 }],
  ['has a broken sequence number', { type: 'idle', seq: 1.5, chunks: 0, bytes: 0 }],
  ['has an instance of a part that is not there', { ...scene, instances: [{ ...instance, part: 1 }] }],
  ['has an instance of a node that is not there', { ...scene, instances: [{ ...instance, node: 2 }] }],
  ['has a matrix of nine numbers', { ...scene, instances: [{ ...instance, matrix: instance.matrix.slice(0, 9) }] }],
  ['has a matrix with a hole', { ...scene, instances: [{ ...instance, matrix: [null, ...instance.matrix.slice(1)] }] }],
  ['has a part without levels', { ...scene, parts: [{ ...part, levels: [] }] }],
  ['has a part of no pieces', { ...scene, parts: [{ ...part, levels: [], pieces: [] }] }],
  ['has a piece without levels', { ...scene, parts: [{ ...part, levels: [], pieces: [piece, { ...piece, levels: [] }] }] }],
  ['has more pieces than a browser takes on', { ...scene, parts: new Array(3).fill({ ...part, levels: [], pieces: new Array(40_000).fill(piece) }) }],
  ['places more pieces than a browser takes on', { ...scene, parts: [{ ...part, levels: [], pieces: new Array(40_000).fill(piece) }], instances: new Array(51).fill(instance) }],
  ['has more levels than make sense', { ...scene, parts: [{ ...part, levels: new Array(17).fill(level) }] }],
  ['has a level that no browser holds', { ...scene, parts: [{ ...part, levels: [{ ...level, vertices: 1e12 }] }] }],
  ['has parts that no browser holds together', { ...scene, parts: new Array(3).fill({ ...part, levels: [{ ...level, vertices: 1e8 }] }) }],
  ['has a child before its parent', { ...scene, nodes: [{ name: 'Root', parent: 1 }, { name: 'Bolt', parent: -1 }] }],
  ['has bounds of two numbers', { ...scene, min: [0, 0] }],
  ['has a negative count', { ...scene, triangles: -1 }]
]

for (const [name, message] of wrong) {
  t.test(`a message that ${name} is refused in words`, async t => {
    t.throws(() => readServerMessage(JSON.stringify(message)), { name: 'StreamError', message: /^The (stream server|model) .*[^ ]$/ })
  })
}

t.test('a number beyond all numbers is none', async t => {
  const text = JSON.stringify({ ...scene, parts: [{ ...part, levels: [{ ...level, error: 12_345 }] }] })
  t.equal(readServerMessage(text).type, 'scene')
  t.throws(() => readServerMessage(text.replace('12345', '1e999')), { name: 'StreamError' })
})

t.test('a message that is no JSON is refused', async t => {
  t.throws(() => readServerMessage('{'), { name: 'StreamError', message: 'The stream server sent a message that is no JSON.' })
})
