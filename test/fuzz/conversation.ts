import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { WebSocket } from 'ws'
import { systemClock } from '../../src/clock.ts'
import { parseOptions } from '../../src/stream-server/options.ts'
import { maxClientMessageBytes, subprotocol } from '../../src/stream-server/protocol.ts'
import { StreamServer } from '../../src/stream-server/stream-server.ts'
import { writeBalls } from '../stream-server/support/model.ts'
import { altered, type Pick } from './altered.ts'
import { clientMessage, clientTypes } from './messages.ts'
import type { Ending } from './model-input.ts'

/** A viewer's whole talk with a stream server: messages as they should be, altered, in any order, among frames that nobody sends. */
export async function conversation (folder: string, pick: Pick): Promise<Ending> {
  const models = join(folder, 'conversation')
  const rendering = pick(8) === 0
  const log: string[] = []
  const program = (name: string) => resolve('dist/stream-server', name)
  if (!existsSync(program('prepare.mjs'))) throw new Error('The stream server is not built: run npm run build first.')
  if (!existsSync(models)) {
    mkdirSync(models)
    await writeBalls(join(models, 'balls.glb'), { segments: 8 })
  }
  const parsed = parseOptions(['--id', 'fuzz', '--sc-port', '0', '--model-search-directories', models, '--workspace-dir', join(folder, 'workspace'), rendering ? '--ssr' : '--csr', 'true'])
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed))
  const server = new StreamServer({ options: parsed.options, clock: systemClock, log: { info: line => { log.push(line) }, detail: () => {} }, preparationProgram: program('prepare.mjs'), renderProgram: program('render.mjs') })
  const port = await server.start()
  const { said, code } = await talk(port, rendering, pick)
  await server.stop(0)
  await server.finished
  const complaint = log.find(line => /could not be opened|cannot be read|cannot be opened|no more pictures/.test(line))
  const problem = complaint ?? (code === 1011 ? 'closed with 1011' : null)
  return { end: code === 0 ? 'read' : 'refused', pastFirst: said > 0, problem }
}

/** How many messages were taken, and the code with which the server closed; 0: it did not. */
async function talk (port: number, rendering: boolean, pick: Pick): Promise<{ said: number, code: number }> {
  let raw: Socket | undefined
  const viewer = new WebSocket(`ws://127.0.0.1:${port}`, [subprotocol], { createConnection: () => (raw = connect(port, '127.0.0.1')), perMessageDeflate: pick(2) === 0 })
  viewer.on('error', () => {})
  let code = 0
  const come = { scene: false }
  let key = ''
  viewer.on('close', closed => { code = closed })
  viewer.on('message', (data, isBinary) => {
    if (isBinary) return
    const text = String(data)
    come.scene ||= text.includes('"type":"scene"')
    key = /"key":"([^"]*)"/.exec(text)?.[1] ?? key
  })
  await once(viewer, 'open')
  const ended = new Promise<void>(resolve => viewer.once('close', () => { resolve() }))
  /** Resolves when the server has read what was sent so far, or has closed. */
  const heard = async () => {
    if (viewer.readyState !== WebSocket.OPEN) return await ended
    const answered = new Promise<void>(resolve => viewer.once('pong', () => { resolve() }))
    viewer.ping()
    await Promise.race([answered, ended])
  }
  let seq = 0
  let said = 0
  const steps = 1 + pick(12)
  for (let step = 0; step < steps && viewer.readyState === WebSocket.OPEN; step++) {
    // As it should be, mostly: else nothing goes on for long.
    if (step === 0 && pick(8) > 0) {
      viewer.send(JSON.stringify({ type: 'open', model: 'balls', streamingMode: ['interactive', 'all', 'on-demand'][pick(3)] }))
      for (let waits = 0; waits < 200 && !come.scene && viewer.readyState === WebSocket.OPEN; waits++) {
        await heard()
        await new Promise(resolve => { setImmediate(resolve) })
      }
    } else {
      const type = clientTypes[pick(clientTypes.length)] ?? 'stay'
      const message = { ...clientMessage(type, pick) } as Record<string, unknown>
      if (type === 'camera' && pick(8) > 0) Object.assign(message, { seq: ++seq, ...rendering ? { width: 16, height: 16 } : {} })
      if (['received', 'shown'].includes(type) && pick(3) > 0) Object.assign(message, { bytes: 0, frame: 0 })
      if (type === 'resume' && pick(2) === 0) Object.assign(message, { key })
      // After half a frame nothing is heard any more: it is the rest of that.
      if (send(viewer, raw, pick(3) === 0 ? altered(message, pick) : JSON.stringify(message), pick) === 'broken') {
        await Promise.race([ended, new Promise(resolve => { setTimeout(resolve, 50) })])
        viewer.terminate()
        break
      }
    }
    await heard()
    if (viewer.readyState === WebSocket.OPEN) said++
  }
  if (pick(2) === 0) viewer.terminate()
  else viewer.close(1000)
  await ended
  return { said, code: [1000, 1005, 1006].includes(code) ? 0 : code }
}

/** Mostly a text frame; else what the protocol does not know, or WebSocket itself. */
function send (viewer: WebSocket, raw: Socket | undefined, text: string, pick: Pick): 'broken' | undefined {
  switch (pick(24)) {
    case 0: viewer.send(Buffer.from(text), { binary: true }); break
    case 1: viewer.send('x'.repeat(maxClientMessageBytes + pick(3) - 1)); break
    case 2: viewer.send(text.padEnd(maxClientMessageBytes, ' ').slice(0, maxClientMessageBytes)); break
    case 3: {
      const half = pick(text.length || 1)
      viewer.send(text.slice(0, half), { fin: false })
      viewer.send(text.slice(half), { fin: true })
      break
    }
    case 4: viewer.send('x'.repeat(2 ** 20), { compress: true }); break
    // A frame of a length that never comes, of a reserved kind, without a mask, with a broken end of UTF-8, or no frame at all.
    case 5: raw?.write(Buffer.from([[0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], [0x83, 0x80, 0, 0, 0, 0], [0x81, 0x01, 0x61], [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]][pick(5)] ?? [])); return 'broken'
    case 6: raw?.write(Buffer.from(Array.from({ length: 1 + pick(40) }, () => pick(256)))); return 'broken'
    default: viewer.send(text)
  }
  return undefined
}
