import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import { subprotocol } from '../../../src/stream-server/protocol.ts'
import type { CameraMessage, IdleMessage, SceneMessage, ServerMessage } from '../../../src/stream-server/protocol.ts'

export interface ReceivedFile {
  part: number
  level: number
  bytes: Buffer
}

/** A viewer without a picture: keeps what it is sent, acknowledges it unless told not to. */
export class TestViewer {
  readonly messages: ServerMessage[] = []
  readonly files: ReceivedFile[] = []
  readonly closed: Promise<{ code: number, reason: string }>
  readonly socket: WebSocket
  acknowledges = true
  #bytes = 0
  #waiting: (() => void)[] = []

  constructor (url: string, protocols: string[] = [subprotocol], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options)
    this.closed = new Promise(resolve => this.socket.once('close', (code, reason) => { resolve({ code, reason: reason.toString() }) }))
    void this.closed.then(() => { this.#wake() })
    this.socket.on('error', () => {})
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.take(data as Buffer)
      else this.messages.push(JSON.parse((data as Buffer).toString('utf8')) as ServerMessage)
      this.#wake()
    })
  }

  static async connect (url: string, protocols?: string[], options?: ClientOptions): Promise<TestViewer> {
    const viewer = new TestViewer(url, protocols, options)
    await once(viewer.socket, 'open')
    return viewer
  }

  get receivedBytes (): number {
    return this.#bytes
  }

  say (message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  acknowledge (): void {
    this.say({ type: 'received', bytes: this.#bytes })
  }

  /** Resolves with the first value that `find` gives; rejects when the socket closes before. */
  async until<T> (find: () => T | undefined): Promise<T> {
    for (;;) {
      const value = find()
      if (value !== undefined) return value
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed while waiting; messages: ${this.messages.map(({ type }) => type).join(', ')}`)
      await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    }
  }

  async scene (): Promise<SceneMessage> {
    return await this.until(() => this.messages.find(message => message.type === 'scene'))
  }

  async idle (seq: number): Promise<IdleMessage> {
    return await this.until(() => this.messages.find((message): message is IdleMessage => message.type === 'idle' && message.seq === seq))
  }

  /** Leaves for good. */
  close (): void {
    this.socket.close(1000)
  }

  /** Its network is gone. */
  lose (): void {
    this.socket.terminate()
  }

  protected take (bytes: Buffer): void {
    const json = JSON.parse(bytes.toString('utf8', 20, 20 + bytes.readUInt32LE(12))) as { asset: { extras: { part: number, level: number } } }
    this.files.push({ ...json.asset.extras, bytes })
    this.#bytes += bytes.length
    if (this.acknowledges) this.acknowledge()
  }

  #wake (): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** A camera at `position` that looks at `target`, for a picture of 1280 × 720 pixels. */
export function camera (seq: number, position: [number, number, number], target: [number, number, number], tolerance = 1): CameraMessage {
  const height = 720
  const aspect = 1280 / height
  const f = 1 / Math.tan(Math.PI / 8)
  const forward = normalize(target.map((value, i) => value - (position[i] ?? 0)))
  const side = normalize(cross(forward, [0, 1, 0]))
  const up = cross(side, forward)
  const [near, far] = [0.01, 100]
  const rows = [
    [...side.map(value => value * f / aspect), -dot(side, position) * f / aspect],
    [...up.map(value => value * f), -dot(up, position) * f],
    [...forward.map(value => value * (far + near) / (far - near)), -dot(forward, position) * (far + near) / (far - near) - 2 * far * near / (far - near)],
    [...forward, -dot(forward, position)]
  ]
  const viewProjection = Array.from({ length: 16 }, (_, i) => rows[i % 4]?.[Math.floor(i / 4)] ?? 0)
  return { type: 'camera', seq, viewProjection, position, focal: height / 2 * f, tolerance }
}

const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
const normalize = (a: number[]) => a.map(value => value / Math.hypot(...a))
const cross = ([a = 0, b = 0, c = 0]: number[], [x = 0, y = 0, z = 0]: number[]) => [b * z - c * y, c * x - a * z, a * y - b * x]
