import { createHash, timingSafeEqual } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import { closeReason } from './close-reason.ts'
import type { Clock } from '../clock.ts'
import { readMessage } from './client-message.ts'
import { Streamer } from './csr/streamer.ts'
import type { Log } from './log.ts'
import { isBareName } from './models/catalogue.ts'
import type { Catalogue } from './models/catalogue.ts'
import type { PackStore } from './models/pack-store.ts'
import type { Pack } from './models/pack.ts'
import { closeCodes } from './protocol.ts'
import type { CameraMessage, ClientMessage, ErrorMessage, IdleMessage, OpenMessage, ServerMessage } from './protocol.ts'
import { ImageStreamer } from './ssr/image-streamer.ts'
import type { ImageOutlet } from './ssr/image-streamer.ts'

const unsupportedData = 1003
const policyViolation = 1008

export interface ViewerSettings {
  catalogue: Catalogue
  packs: PackStore
  /** Shown whatever the viewer asks for. */
  model: string | null
  /** What `open` must carry. */
  token: string | null
  /** Path of the bundled `render.mjs` where pictures are made here; `null` where the browser makes them. */
  renderProgram: string | null
  clock: Clock
  log: Log
  /** Called when the viewer has presented the right token, or whatever it presented when none is asked; `false` refuses it. */
  admit: () => boolean
  /** It asks for this model, which is there. */
  onModel: (model: string) => void
  /** Called for every sign of a person: an open or a camera. */
  onActivity: () => void
}

/** One viewer's side of the conversation, from its first message to its end. */
export class Viewer {
  #socket: WebSocket
  #settings: ViewerSettings
  #end = new AbortController()
  #opened = false
  #seq = -1
  #camera: CameraMessage | null = null
  #pack: Pack | null = null
  #streamer: Streamer | null = null
  #images: ImageStreamer | null = null
  #resume = () => {
    this.#streamer?.resume()
    this.#images?.resume()
  }

  constructor (socket: WebSocket, settings: ViewerSettings) {
    this.#socket = socket
    this.#settings = settings
    socket.on('message', (data, isBinary) => { this.#hear(data, isBinary) })
    socket.on('error', error => { settings.log.info(`viewer: ${error.message}`) })
    socket.on('close', () => { this.#release() })
  }

  /** Closes the socket in good manners. Closing twice is nothing. */
  close (code: number, reason: string): void {
    this.#socket.close(code, closeReason(reason))
    this.#release()
  }

  #release (): void {
    this.#end.abort()
    this.#streamer?.close()
    this.#images?.close()
    void this.#pack?.close()
  }

  #hear (data: RawData, isBinary: boolean): void {
    if (this.#end.signal.aborted) return
    if (isBinary) return this.close(unsupportedData, 'a viewer sends text only')
    const read = readMessage((data as Buffer).toString('utf8'))
    if (!read.ok) return this.close(policyViolation, read.problem)
    this.#obey(read.message)
  }

  #obey (message: ClientMessage): void {
    switch (message.type) {
      case 'open':
        if (this.#opened) return this.close(policyViolation, 'open: only once')
        this.#opened = true
        void this.#open(message)
        return
      case 'camera':
        if (!this.#opened) return this.close(policyViolation, 'camera: open first')
        if (message.seq <= this.#seq) return this.close(policyViolation, 'camera: seq must rise')
        if (this.#settings.renderProgram !== null && message.width === undefined) return this.close(policyViolation, 'camera: a server that renders needs width and height')
        this.#seq = message.seq
        this.#settings.onActivity()
        this.#camera = message
        this.#streamer?.look(message)
        this.#images?.look(message)
        return
      case 'received':
        if (message.bytes > (this.#streamer?.bytes ?? 0)) return this.close(policyViolation, 'received: more than was sent')
        this.#streamer?.acknowledge(message.bytes)
        return
      case 'shown':
        if (message.frame > (this.#images?.number ?? 0)) return this.close(policyViolation, 'shown: more than was sent')
        this.#images?.acknowledge(message.frame)
        return
      case 'pick':
        if (this.#images === null) return this.close(policyViolation, 'pick: there are no pictures yet')
        this.#settings.onActivity()
        this.#images.pick(message.id, message.x, message.y)
        return
      case 'highlight':
        if (this.#images === null) return this.close(policyViolation, 'highlight: there are no pictures yet')
        this.#settings.onActivity()
        this.#images.highlight(message.instance)
    }
  }

  async #open ({ model: asked, token }: OpenMessage): Promise<void> {
    const settings = this.#settings
    const { signal } = this.#end
    if (settings.token !== null && !sameSecret(token ?? '', settings.token)) return this.#refuse('badToken', 'The session token is wrong.')
    if (!settings.admit()) return this.#refuse('occupied', 'This stream server has a viewer already.')
    settings.onActivity()
    const model = settings.model ?? asked
    try {
      const file = await settings.catalogue.find(model)
      if (file === null) return this.#refuse('unknownModel', isBareName(model) ? `There is no model "${model}".` : 'A model is named without folder and without odd characters.')
      settings.onModel(model)
      const opened = await settings.packs.open(file, (percent, step) => { this.#say({ type: 'preparing', percent, step }) }, signal)
      if (opened.status === 'unreadable') return this.#refuse('badModel', opened.message)
      if (opened.status === 'aborted') return
      this.#pack = opened.pack
      if (signal.aborted) this.#release()
      else this.#start(model, opened.pack)
    } catch (error) {
      settings.log.info(`the model "${model}" could not be opened: ${(error as Error).stack}`)
      this.#refuse('internal', 'The stream server could not open the model.')
    }
  }

  #start (model: string, pack: Pack): void {
    this.#say({ ...pack.scene, model })
    if (this.#settings.renderProgram !== null) return this.#render(model, pack, this.#settings.renderProgram)
    const socket = this.#socket
    const outlet = {
      get buffered () { return socket.bufferedAmount },
      sendFile: (glb: Buffer) => { socket.send(glb, { binary: true, compress: false }, this.#resume) },
      sendIdle: (message: IdleMessage) => {
        this.#say(message)
        this.#settings.log.detail(`camera ${message.seq} is complete: ${message.chunks} files, ${message.bytes} bytes so far`)
      }
    }
    this.#streamer = new Streamer(pack, outlet, error => {
      this.#settings.log.info(`the pack cannot be read: ${error.message}`)
      this.#refuse('internal', 'The prepared model cannot be read any more.')
    })
    this.#settings.log.info(`streaming "${model}"`)
    if (this.#camera) this.#streamer.look(this.#camera)
  }

  #render (model: string, pack: Pack, program: string): void {
    const socket = this.#socket
    const outlet: ImageOutlet = {
      get buffered () { return socket.bufferedAmount },
      sendFrame: (message, file) => {
        this.#say(message)
        if (socket.readyState === socket.OPEN) socket.send(file, { binary: true, compress: false }, this.#resume)
      },
      sendPicked: (id, instance) => { this.#say({ type: 'picked', id, instance }) }
    }
    const { clock, log } = this.#settings
    this.#images = new ImageStreamer({
      source: pack,
      program,
      outlet,
      clock,
      onBroken: error => {
        log.info(`no more pictures: ${error.stack}`)
        this.#refuse('internal', 'The stream server cannot render the model.')
      }
    })
    log.info(`rendering "${model}"`)
    if (this.#camera) this.#images.look(this.#camera)
  }

  #say (message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message), this.#resume)
  }

  #refuse (code: ErrorMessage['code'], message: string): void {
    if (this.#end.signal.aborted) return
    this.#settings.log.info(`viewer refused (${code}): ${message}`)
    this.#say({ type: 'error', code, message })
    this.close(closeCodes[code], message)
  }
}

/** Compares without telling by its duration how much was right. */
function sameSecret (given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
