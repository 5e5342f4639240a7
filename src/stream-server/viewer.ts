import { WebSocket } from 'ws'
import type { RawData } from 'ws'
import { closeReason } from './close-reason.ts'
import type { Clock } from '../clock.ts'
import { readMessage } from './client-message.ts'
import { Streamer } from './csr/streamer.ts'
import type { Ending } from './liveliness.ts'
import type { Log } from './log.ts'
import { isBareName } from './models/catalogue.ts'
import type { Catalogue } from './models/catalogue.ts'
import type { PackStore } from './models/pack-store.ts'
import type { Pack } from './models/pack.ts'
import { closeCodes } from './protocol.ts'
import type { BudgetMessage, CameraMessage, ClientMessage, DropMessage, ErrorMessage, IdleMessage, OpenMessage, ResumeMessage, ServerMessage, StreamingMode } from './protocol.ts'
import { sameSecret } from './secret.ts'
import { seenFromAfar, TexturedSource } from './textures/textured-source.ts'
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
  /** What the viewer needs to go on with another socket. */
  key: string
  graceSeconds: number
  /** A new socket wants to go on with a session that lost its own: whose it is takes it over; `null` when there is none such. */
  seek: (key: string) => Viewer | null
}

/** One viewer's side of the conversation, from its first message to its end, over one socket after the other. */
export class Viewer {
  /** Null while the viewer's socket is lost and it may come back with another. */
  #socket: WebSocket | null = null
  #settings: ViewerSettings
  #end = new AbortController()
  #opened = false
  #seq = -1
  #camera: CameraMessage | null = null
  #model = ''
  #budget: BudgetMessage | null = null
  #pack: Pack | null = null
  #streamer: Streamer | null = null
  #images: ImageStreamer | null = null
  #resume = () => {
    this.#streamer?.resume()
    this.#images?.resume()
  }

  constructor (socket: WebSocket, settings: ViewerSettings) {
    this.#settings = settings
    this.#listen(socket)
  }

  /** Whether it knows what it needs to come back with another socket, and may. */
  get canComeBack (): boolean {
    return this.#opened && !this.#end.signal.aborted
  }

  /** Closes the socket in good manners, and the session with it. Closing twice is nothing. */
  close (code: number, reason: string): void {
    this.#socket?.close(code, closeReason(reason))
    this.release()
  }

  /** A limit of time is about to end the session; null: it is not, after all. */
  warn (ending: Ending | null): void {
    this.#say({ type: 'ending', reason: ending?.reason ?? 'idle_timeout', seconds: ending?.seconds ?? null })
  }

  /** The socket is lost and may be followed by another; until then nothing is sent. */
  lose (): void {
    this.#socket = null
  }

  /** Goes on with another socket, for a viewer that has received as much as it says. The socket before, if it is still there, is given up. */
  #continue (socket: WebSocket, { scene, bytes }: ResumeMessage): void {
    const { log } = this.#settings
    const old = this.#socket
    this.#listen(socket)
    old?.terminate()
    log.info('the viewer is back')
    this.#settings.onActivity()
    if (bytes > 0 && this.#streamer === null) return this.close(policyViolation, 'resume: more than was sent')
    this.#say({ type: 'session', key: this.#settings.key, graceSeconds: this.#settings.graceSeconds })
    if (this.#streamer?.rewind(bytes) === false) return this.close(policyViolation, 'resume: not what was sent')
    if (!scene && this.#pack !== null) this.#say({ ...this.#pack.scene, model: this.#model })
    this.#camera = null
    this.#images?.restart()
  }

  #listen (socket: WebSocket): void {
    this.#socket = socket
    socket.on('message', (data, isBinary) => { if (this.#socket === socket) this.#hear(data, isBinary) })
    socket.on('pong', mark => { if (this.#socket === socket) this.#images?.pong(mark.toString('latin1')) })
    socket.on('error', error => { this.#settings.log.info(`viewer: ${error.message}`) })
  }

  /** Gives back everything; the socket is left to itself. Twice is nothing. */
  release (): void {
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

  /** This socket goes on with another viewer's session, and this viewer, who only stood at the door, is no more. */
  #handOver (message: ResumeMessage): void {
    const socket = this.#socket
    const seated = this.#settings.seek(message.key)
    if (seated === null || socket === null) return this.#refuse('noSession', 'The session to go on with is over.')
    this.#socket = null
    this.release()
    seated.#continue(socket, message)
  }

  #obey (message: ClientMessage): void {
    switch (message.type) {
      case 'open':
        if (this.#opened) return this.close(policyViolation, 'open: only once')
        this.#opened = true
        void this.#open(message)
        return
      case 'resume':
        if (this.#opened) return this.close(policyViolation, 'resume: only in the place of open')
        return this.#handOver(message)
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
      case 'budget':
        this.#budget = message
        this.#streamer?.limit(message)
        return
      case 'request':
        if (!this.#opened) return this.close(policyViolation, 'request: open first')
        if (this.#streamer === null) return this.close(policyViolation, 'request: there is no scene yet')
        this.#settings.onActivity()
        this.#streamer.request(message.runs, message.on)
        return
      case 'stay':
        if (!this.#opened) return this.close(policyViolation, 'stay: open first')
        return this.#settings.onActivity()
      case 'shown':
        if (message.frame > (this.#images?.number ?? 0)) return this.close(policyViolation, 'shown: more than was sent')
        this.#images?.acknowledge(message.frame)
        return
      case 'pick':
      case 'mark':
      case 'style': {
        const images = this.#images
        if (images === null) return this.close(policyViolation, `${message.type}: there are no pictures yet`)
        this.#settings.onActivity()
        if (message.type === 'pick') images.pick(message.id, message.x, message.y)
        else images.arrange(message)
      }
    }
  }

  async #open ({ model: asked, token, streamingMode = 'interactive' }: OpenMessage): Promise<void> {
    const settings = this.#settings
    const { signal } = this.#end
    if (settings.token !== null && !sameSecret(token ?? '', settings.token)) return this.#refuse('badToken', 'The session token is wrong.')
    if (!settings.admit()) return this.#refuse('occupied', 'This stream server has a viewer already.')
    settings.onActivity()
    this.#say({ type: 'session', key: settings.key, graceSeconds: settings.graceSeconds })
    const model = settings.model ?? asked
    this.#model = model
    try {
      const file = await settings.catalogue.find(model)
      if (file === null) return this.#refuse('unknownModel', isBareName(model) ? `There is no model "${model}".` : 'A model is named without folder and without odd characters.')
      settings.onModel(model)
      const opened = await settings.packs.open(file, (percent, step) => { this.#say({ type: 'preparing', percent, step }) }, signal)
      if (opened.status === 'unreadable') return this.#refuse('badModel', opened.message)
      if (opened.status === 'aborted') return
      this.#pack = opened.pack
      if (signal.aborted) this.release()
      else this.#start(model, opened.pack, streamingMode)
    } catch (error) {
      settings.log.info(`the model "${model}" could not be opened: ${(error as Error).stack}`)
      this.#refuse('internal', 'The stream server could not open the model.')
    }
  }

  #start (model: string, pack: Pack, mode: StreamingMode): void {
    this.#say({ ...pack.scene, model })
    if (this.#settings.renderProgram !== null) return this.#render(model, pack, this.#settings.renderProgram)
    const outflow = this.#outflow()
    const outlet = {
      get buffered () { return outflow.buffered },
      sendFile: outflow.sendFile,
      sendDrop: (message: DropMessage) => { this.#say(message) },
      sendIdle: (message: IdleMessage) => {
        this.#say(message)
        this.#settings.log.detail(`camera ${message.seq} is complete: ${message.chunks} files, ${message.bytes} bytes so far`)
      }
    }
    this.#streamer = new Streamer(new TexturedSource(pack), outlet, mode, error => {
      this.#settings.log.info(`the pack cannot be read: ${error.message}`)
      this.#refuse('internal', 'The prepared model cannot be read any more.')
    })
    this.#settings.log.info(`streaming "${model}"`)
    if (this.#budget) this.#streamer.limit(this.#budget)
    if (this.#camera) this.#streamer.look(this.#camera)
  }

  #render (model: string, pack: Pack, program: string): void {
    const outflow = this.#outflow()
    const outlet: ImageOutlet = {
      get buffered () { return outflow.buffered },
      sendFrame: (message, file) => {
        this.#say(message)
        outflow.sendFile(file)
      },
      ping: mark => { if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping(mark) },
      sendPicked: message => { this.#say(message) }
    }
    const { clock, log } = this.#settings
    this.#images = new ImageStreamer({
      source: { scene: seenFromAfar(pack.scene), read: (part, level) => pack.read(part, level) },
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

  /** What both kinds of streams need of the socket, whichever it is. */
  #outflow (): { readonly buffered: number, sendFile: (file: Buffer) => void } {
    const socket = () => this.#socket
    return {
      get buffered () { return socket()?.bufferedAmount ?? Infinity },
      sendFile: file => { if (socket()?.readyState === WebSocket.OPEN) socket()?.send(file, { binary: true, compress: false }, this.#resume) }
    }
  }

  #say (message: ServerMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message), this.#resume)
  }

  #refuse (code: ErrorMessage['code'], message: string): void {
    if (this.#end.signal.aborted) return
    this.#settings.log.info(`viewer refused (${code}): ${message}`)
    this.#say({ type: 'error', code, message })
    this.close(closeCodes[code], message)
  }
}
