import t from 'tap'
import { StreamConnection } from '../../src/viewer/stream-connection.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

/** A browser's socket that is open. */
class OpenSocket {
  static readonly OPEN = 1
  static last: OpenSocket | undefined
  readonly readyState = 1
  readonly protocol: string
  readonly closes: number[] = []
  onopen = () => {}
  onmessage = (_event: { data: string }) => {}
  constructor (_address: string, protocol: string) {
    this.protocol = protocol
    OpenSocket.last = this
  }

  send (): void {}
  close (code: number): void { this.closes.push(code) }
}

const nothing = () => {}

t.test('a page that goes away leaves its session waiting only if it could keep how to come back', async t => {
  const before = globalThis.WebSocket
  Object.assign(globalThis, { WebSocket: OpenSocket })
  t.teardown(() => { Object.assign(globalThis, { WebSocket: before }) })
  for (const [isKept, code] of [[true, 4001], [false, 1000]] as const) {
    const connection = new StreamConnection('ws://here/', new FakeClock(), { opened: nothing, message: nothing, glb: nothing, lost: nothing, progress: () => ({ scene: false, bytes: 0 }), restored: nothing, gone: nothing, ended: nothing })
    const socket = OpenSocket.last
    socket?.onopen()
    socket?.onmessage({ data: JSON.stringify({ type: 'session', key: 'key', graceSeconds: 30 }) })
    const closesBefore: number[] = []
    connection.depart(back => {
      t.same(back, { endpointUri: 'ws://here/', key: 'key', seconds: 15 })
      closesBefore.push(...socket?.closes ?? [])
      return isKept
    })
    t.same(closesBefore, [], 'it is kept before the socket is closed')
    t.same(socket?.closes, [code])
  }
})
