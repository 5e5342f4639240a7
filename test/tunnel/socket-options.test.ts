import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { joined } from './sockets.ts'

/** Descriptors of this process that are sockets. */
function sockets (): number[] {
  return readdirSync('/proc/self/fd').map(Number).filter(descriptor => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:')
    } catch {
      return false
    }
  })
}

const built = buildNativeLauncher([fileURLToPath(new URL('../fixtures/socket-options.c', import.meta.url))])
if (built === undefined) t.pass('what the system knows of sockets', { skip: noCompiler })
else {
  const { entry, remove } = built
  t.teardown(remove)
  /** What the system knows of our end of a connection: no delay, keep-alive, and after how many seconds. */
  const optionsOf = (localPort: number | undefined, remotePort: number | undefined) => {
    const { stdout } = spawnSync(entry, { stdio: ['ignore', 'pipe', 'inherit', ...sockets()], encoding: 'latin1' })
    const line = stdout.split('\n').map(line => line.split(' ').map(Number)).find(([here, there]) => here === localPort && there === remotePort)
    return line?.slice(2)
  }

  for (const secure of [false, true]) {
    t.test(`small messages are sent at once on both sides of a tunnel, and a peer that has gone is noticed${secure ? ', by TLS too' : ''}`, secure ? withoutOpenssl : {}, async t => {
      const { files } = secure ? certificates(t) : { files: undefined }
      const pair = files === undefined ? undefined : { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
      const { viewer, streamServer } = await joined(t, pair === undefined ? {} : { viewer: pair, streamServer: pair })
      t.same(optionsOf(viewer.remotePort, viewer.localPort), [1, 1, 30], 'to the viewer')
      t.same(optionsOf(streamServer.remotePort, streamServer.localPort), [1, 1, 30], 'to the stream server')
      t.same(optionsOf(streamServer.localPort, streamServer.remotePort)?.slice(1), [0, 7_200], 'which nobody has set on the other end')
    })
  }
}
