import { readFileSync } from 'node:fs'
import t from 'tap'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { tunnelForms } from './forms.ts'
import { chance, joined, noise, receivedAll, sayInChunks, type Pair } from './sockets.ts'

for (const { name, carrier } of await tunnelForms(t)) {
  for (const [lines, secure] of [
    ['plain lines', []],
    ['a viewer that speaks TLS', ['viewer']],
    ['a stream server that speaks TLS', ['streamServer']],
    ['TLS on both sides', ['viewer', 'streamServer']]
  ] as [string, ('viewer' | 'streamServer')[]][]) {
    t.test(`${name}, ${lines}: every byte arrives in order, both ways at once, however it was cut`, secure.length === 0 ? {} : withoutOpenssl, async t => {
      const pairs: Partial<Record<'viewer' | 'streamServer', Pair>> = {}
      if (secure.length > 0) {
        const { files } = certificates(t)
        for (const side of secure) pairs[side] = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
      }
      // Cuts of one byte, of less than the read buffer, around its two sizes, and far above.
      for (const [seed, size, most] of [[1, 3_000, 3], [2, 400_000, 2_000], [3, 3_000_000, 16_500], [4, 6_000_000, 66_000], [5, 12_000_000, 2_000_000]] as const) {
        const { viewer, streamServer, tunnel } = await joined(t, pairs, carrier)
        const draw = chance(seed)
        const down = noise(size, draw)
        const up = noise(size, draw)
        const seen = Promise.all([receivedAll(viewer), receivedAll(streamServer)])
        await Promise.all([sayInChunks(streamServer, down, draw, most), sayInChunks(viewer, up, draw, most)])
        streamServer.end()
        viewer.end()
        const [below, above] = await seen
        t.ok(below.equals(down), `stream server to viewer, cut below ${most} bytes`)
        t.ok(above.equals(up), `viewer to stream server, cut below ${most} bytes`)
        t.match(await tunnel.closed, { bytesToViewer: size, bytesFromViewer: size })
      }
    })
  }
}
