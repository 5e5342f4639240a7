import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { encode } from '../../src/launcher/protocol.ts'
import type { Order } from '../../src/launcher/protocol.ts'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const sources = ['../fixtures/read-orders.c', ...['order.c', 'json.c', 'utf8.c', 'bytes.c'].map(name => `../../native/launcher/${name}`)].map(path)

/** Numbers that look random and are the same in each run (mulberry32). */
function randomFrom (seed: number): (below: number) => number {
  return below => {
    seed = (seed + 0x6d2b79f5) | 0
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return Math.floor(((x ^ (x >>> 14)) >>> 0) / 2 ** 32 * below)
  }
}

const samples: Order[] = [
  { type: 'close' },
  { type: 'signal', id: 'a-child', signal: 'SIGKILL' },
  {
    type: 'start',
    order: {
      id: 'ü "quoted" \\ \u2028 🙂 \ud800',
      executable: '/opt/hoops/ts3d_sc_server',
      args: ['--sc-port', '11000', '', 'two\nlines\t\u0001', '€'],
      env: { DISPLAY: ':0', ä: '=\ud83d\ude42=' },
      logFile: null,
      logBytes: 1_048_576,
      secrets: ['t0ken'],
      tellOutput: { stdout: true, stderr: false }
    }
  },
  { type: 'start', order: { id: 'b', executable: 'sh', args: [], env: {}, logFile: '/tmp/a.log', logBytes: 0 } }
]

/** What the native launcher makes of each line; every line must be without a newline. */
function read (program: string, lines: readonly Buffer[]): Array<Record<string, unknown>> {
  const input = Buffer.concat(lines.flatMap(line => [line, Buffer.from('\n')]))
  const { status, signal, stdout, stderr } = spawnSync(program, [], { input, maxBuffer: 2 ** 30 })
  if (status !== 0) throw new Error(`it ended with ${status ?? signal}: ${stderr.toString().slice(0, 3000)}`)
  return stdout.toString().trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
}

/** The same by JavaScript. A program's text has no surrogates alone. */
function expected (line: Buffer): Record<string, unknown> {
  const order = JSON.parse(line.toString()) as Order
  if (order.type === 'close') return { kind: 2 }
  if (order.type === 'hello' || order.type === 'heard') throw new Error('never said to the native launcher')
  if (order.type === 'signal') return { kind: 1, id: proper(order.id), signal: { SIGTERM: 15, SIGKILL: 9 }[order.signal] }
  const { id, executable, args = [], env = {}, logFile = null, logBytes = 0, tellOutput: { stdout = false, stderr = false } = {} } = order.order
  return {
    kind: 0,
    id: proper(id),
    executable: proper(executable),
    logFile: logFile === null ? null : proper(logFile),
    args: [executable, ...args].map(proper),
    env: Object.entries(env).map(([name, value]) => proper(`${name}=${value}`)),
    logBytes,
    stdout,
    stderr
  }
}
const proper = (text: string) => Buffer.from(text).toString()

/** One to four small accidents: bytes changed, lost, doubled, moved. */
function mutated (line: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(line)
  for (let left = 1 + random(4); left > 0; left--) {
    const at = random(bytes.length)
    const piece = bytes.subarray(at, at + 1 + random(12))
    const other = random(bytes.length)
    const telling = Buffer.from('"\\{}[],:u0d8e9-. ntf\xff\xed\xa0', 'latin1')
    switch (random(4)) {
      case 0: bytes[at] = random(3) === 0 ? random(256) : telling[random(telling.length)] ?? 0; break
      case 1: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece.length)]); break
      case 2: bytes = Buffer.concat([bytes.subarray(0, other), piece, bytes.subarray(other)]); break
      default: bytes = bytes.subarray(0, random(20) === 0 ? at : bytes.length)
    }
    if (bytes.length === 0) return Buffer.from(' ')
  }
  return bytes.map(byte => byte === 0x0a ? 0x20 : byte) as Buffer
}

const plain = buildNativeLauncher(sources)
if (plain === undefined) {
  t.pass('orders of the native launcher', { skip: noCompiler })
} else {
  t.teardown(plain.remove)

  t.test('orders are read as JavaScript reads them', async t => {
    const lines = samples.map(sample => Buffer.from(encode(sample).trimEnd()))
    t.same(read(plain.entry, lines), lines.map(expected))
    const escaped = Buffer.from(' { "type" : "signal" ,"id":"\\u0041\\/\\b\\f\\n\\r\\t\\ud83d\\uDE42\\udc00\\ud800x" , "signal":"SIGTERM" } ')
    t.same(read(plain.entry, [escaped]), [expected(escaped)])
  })

  t.test('a hundred thousand damaged orders are refused in words, or read as JavaScript reads them', async t => {
    const random = randomFrom(3)
    const lines = Array.from({ length: 100_000 }, (_, i) => mutated(Buffer.from(encode(samples[i % samples.length] ?? { type: 'close' }).trimEnd()), random))
    const answers = read(plain.entry, lines)
    t.equal(answers.length, lines.length)
    const differing = lines.filter((line, i) => {
      const answer = answers[i] ?? {}
      if (answer['null'] === true) return !line.toString('latin1').includes('\\u0000')
      if (typeof answer['problem'] === 'string') return answer['problem'] === ''
      return JSON.stringify(inOrder(answer)) !== JSON.stringify(inOrder(expected(line)))
    })
    t.same(differing.map(String).slice(0, 3), [])
    const understood = answers.filter(answer => answer['problem'] === undefined).length
    t.ok(understood > 10_000 && understood < 90_000, `${understood} were still orders`)
  })
}

/** A variable given twice counts once, with the later value, at the place of the earlier one. */
function inOrder (answer: Record<string, unknown>): Record<string, unknown> {
  const { env, ...rest } = answer
  if (!Array.isArray(env)) return answer
  const pairs = (env as string[]).map(text => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const)
  return { ...rest, env: Object.fromEntries(pairs) }
}
