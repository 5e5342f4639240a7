import { readdirSync } from 'node:fs'
import { frontDoor } from './front.ts'

/** A front door in a process of its own, whose memory and descriptors are those of tunnels alone: for the stream server on the port in its arguments. */
const { port, tunnels } = await frontDoor({ teardown () {} }, Number(process.argv[2]))

/** What the process has now. Bytes of memory; descriptors are counted where there is /proc. */
export interface Holding { port: number, tunnels: number, toViewer: number, rss: number, arrayBuffers: number, descriptors: number }

process.on('message', () => {
  globalThis.gc?.()
  const { rss, arrayBuffers } = process.memoryUsage()
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
  process.send?.({ port, tunnels: tunnels.size, toViewer: tunnels.bytes().toViewer, rss, arrayBuffers, descriptors } satisfies Holding)
})
process.on('disconnect', () => { process.exit() })
