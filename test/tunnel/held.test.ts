import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Holding } from '../fixtures/tunnels-process.ts'
import { tunnelForms, type Form } from './forms.ts'
import { chance, listening, noise, received, receivedAll } from './sockets.ts'

const greeting = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'
const upgrade = ['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '\r\n'].join('\r\n')

/** A front door in a process of its own, before a stream server that greets and then does as it is told. */
async function stage (t: Test, serve: (socket: Socket) => void, { native }: Form) {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => { open.delete(socket) })
    socket.once('data', () => {
      socket.write(greeting)
      serve(socket)
    })
  })
  const port = await listening(t, server)
  t.teardown(() => { for (const socket of open) socket.destroy() })
  const front = fork(fileURLToPath(new URL('../fixtures/tunnels-process.ts', import.meta.url)), [`${port}`, ...native === undefined ? [] : [native.program]], { execArgv: [...process.execArgv, '--expose-gc'] })
  t.teardown(async () => {
    front.disconnect()
    await once(front, 'exit')
  })
  const held = async (): Promise<Holding> => {
    front.send('what do you hold?')
    return (await once(front, 'message') as [Holding])[0]
  }
  const { port: door } = await held()
  /** A viewer that was greeted. */
  const visit = async (): Promise<Socket> => {
    const viewer = connect({ port: door, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    open.add(viewer)
    viewer.on('close', () => { open.delete(viewer) })
    viewer.write(upgrade)
    await received(viewer, greeting.length)
    return viewer
  }
  return { held, visit }
}

for (const form of await tunnelForms(t)) {
  t.test(`${form.name}: a viewer that stops reading while 400 MB wait costs no memory to speak of, and misses nothing`, async t => {
    const block = noise(1_048_576, chance(8))
    // What the kernel holds of them, 36 MB on some systems, does not count as waiting.
    const blocks = 450
    const { held, visit } = await stage(t, socket => {
      let said = 0
      const say = () => {
        while (said < blocks) {
          said++
          if (!socket.write(block)) return
        }
        socket.end()
      }
      socket.on('drain', say)
      say()
    }, form)
    const readAll = async (viewer: Socket) => {
      for (let i = 0; i < blocks; i++) {
        if (!(await received(viewer, block.length)).equals(block)) return `block ${i} differs`
      }
      return 'all is there'
    }
    // Once without a stop, so that what is measured is the tunnel and not its first use.
    const first = await visit()
    await readAll(first)
    first.end()

    // A carrier says how much it moved at the end of a tunnel, and now and then before.
    let before = await held()
    while (before.tunnels > 0) before = await held()
    const viewer = await visit()
    viewer.pause()
    let stalled = await held()
    for (let still = 0; still < 100;) {
      await new Promise(resolve => { setTimeout(resolve, 5) })
      const now = await held()
      still = now.toViewer === stalled.toViewer && now.toViewer > before.toViewer ? still + 1 : 0
      stalled = now
    }
    const waiting = blocks * block.length - (stalled.toViewer - before.toViewer)
    t.ok(waiting >= 400 * 1_048_576, `${Math.round(waiting / 1_048_576)} MB wait at the stream server`)
    t.ok(stalled.arrayBuffers - before.arrayBuffers <= 262_144, `buffers grew by ${Math.round((stalled.arrayBuffers - before.arrayBuffers) / 1024)} KB`)
    t.ok(stalled.rss - before.rss <= 4 * 1_048_576, `memory grew by ${Math.round((stalled.rss - before.rss) / 1024)} KB`)
    t.equal(await readAll(viewer), 'all is there')
    viewer.end()
    await receivedAll(viewer)
  })

  t.test(`${form.name}: ten thousand short visits, however they end, leave nothing behind`, async t => {
    let served = 0
    const { held, visit } = await stage(t, socket => {
      const number = served++
      socket.on('data', said => {
        socket.write(said)
        if (number % 5 === 0) socket.end()
        if (number % 5 === 1) socket.resetAndDestroy()
      }).on('end', () => { socket.end() })
    }, form)
    await (await visit()).destroy()
    const nothing = async (): Promise<Holding> => {
      let now = await held()
      while (now.tunnels > 0) now = await held()
      return now
    }
    const before = await nothing()
    let whole = 0
    const wrong: string[] = []
    const shortVisit = async (i: number): Promise<void> => {
      const viewer = await visit()
      const words = `hello, this is visitor ${i}`
      let heard = ''
      viewer.on('data', chunk => { heard += String(chunk) })
      viewer.once('data', () => {
        if (i % 3 === 0) viewer.resetAndDestroy()
        if (i % 3 === 1) viewer.destroy()
      }).on('end', () => { viewer.end() }).resume()
      const closed = new Promise<void>(resolve => { viewer.once('close', () => resolve()) })
      viewer.write(words)
      // The rest waits for the stream server, and where that waits too, says goodbye first.
      if (i % 3 === 2) viewer.once('data', () => viewer.end())
      await closed
      // Whoever was cut off heard the beginning of it, or nothing.
      if (heard === words) whole++
      else if (!words.startsWith(heard)) wrong.push(heard)
    }
    const visits = 10_000
    let next = 0
    const guest = async (): Promise<void> => { while (next < visits) await shortVisit(next++) }
    await Promise.all(Array.from({ length: 32 }, guest))
    const after = await nothing()
    t.ok(whole > visits / 2, `${whole} answers were heard whole`)
    t.same(wrong, [], 'nobody heard anything else')
    t.equal(served, visits + 1)
    t.equal(after.tunnels, 0)
    // The carrier keeps a few pipes for the next that needs one.
    t.ok(after.descriptors - before.descriptors <= (form.native === undefined ? 0 : 64), `${after.descriptors} descriptors after, ${before.descriptors} before`)
  })
}
