import type { RawData, WebSocket } from 'ws'
import type { Clock } from '../clock.ts'
import { readMessage } from './client-message.ts'
import type { Streamer } from './csr/streamer.ts'
import type { Ending } from './liveliness.ts'
import type { Log } from './log.ts'
import { isBareName } from './models/catalogue.ts'
import type { Catalogue } from './models/catalogue.ts'
import type { PackStore } from './models/pack-store.ts'
import type { Pack } from './models/pack.ts'
import { closeCodes } from './protocol.ts'
import type { BudgetMessage, CameraMessage, ClientMessage, ErrorMessage, OpenMessage, ResumeMessage, StreamingMode } from './protocol.ts'
import { sameSecret } from './secret.ts'
import type { ImageStreamer } from './ssr/image-streamer.ts'
import { geometryStream, pictureStream } from './streams.ts'
import { ViewerLine } from './viewer-line.ts'

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
  /** Called when the viewer has presented the right token, or whatever it presented when none is asked; answers what it needs to go on with another socket, `null` refuses it. */
  admit: () => string | null
  /** It asks for this model, which is there. */
  onModel: (model: string) => void
  /** Called for every sign of a person: an open or a camera. */
  onActivity: () => void
  graceSeconds: number
  /** A new socket wants to go on with a session that lost its own: whose it is takes it over, and has another key from then on; `null` when there is none such. */
  seek: (key: string) => { viewer: Viewer, key: string } | null
}

/** One viewer's side of the conversation, from its first message to its end, over one socket after the other. */
export class Viewer {
  #line: ViewerLine
  #settings: ViewerSettings
  #end = new AbortController()
  #opened = false
  /** Why it is no more, for whoever comes back and has not heard it. */
  #refusal: { code: ErrorMessage['code'], message: string } | null = null
  #seq = -1
  #camera: CameraMessage | null = null
  #model = ''
  #budget: BudgetMessage | null = null
  #pack: Pack | null = null
  #streamer: Streamer | null = null
  #images: ImageStreamer | null = null

  constructor (socket: WebSocket, settings: ViewerSettings) {
    this.#settings = settings
    this.#line = new ViewerLine({
      heard: (data, isBinary) => { this.#hear(data, isBinary) },
      ponged: mark => { this.#images?.pong(mark) },
      room: () => {
        this.#streamer?.resume()
        this.#images?.resume()
      },
      failed: error => { settings.log.info(`viewer: ${error.message}`) }
    })
    this.#line.take(socket)
  }

  /** Whether it knows what it needs to come back with another socket, and may. */
  get canComeBack (): boolean {
    return this.#opened && !this.#end.signal.aborted
  }

  /** Whether somebody who comes back for it goes on, or is told why not. */
  get isWorthSeeking (): boolean {
    return this.canComeBack || this.#refusal !== null
  }

  /** Closes the socket in good manners, and the session with it. Closing twice is nothing. */
  close (code: number, reason: string): void {
    this.#line.close(code, reason)
    this.release()
  }

  /** A limit of time is about to end the session; null: it is not, after all. */
  warn (ending: Ending | null): void {
    this.#line.say({ type: 'ending', reason: ending?.reason ?? 'idle_timeout', seconds: ending?.seconds ?? null })
  }

  /** The socket is lost and may be followed by another; until then nothing is sent. */
  lose (): void {
    this.#line.letGo()
  }

  /** Goes on with another socket, for a viewer that has received as much as it says. The socket before, if it is still there, is given up. */
  #continue (socket: WebSocket, { scene, bytes, anew }: ResumeMessage, key: string): void {
    const { log, graceSeconds } = this.#settings
    this.#line.take(socket)
    if (this.#refusal !== null) return this.#tellRefusal(this.#refusal)
    log.info(anew === true ? 'the viewer is back, with nothing' : 'the viewer is back')
    this.#settings.onActivity()
    if (bytes > 0 && this.#streamer === null) return this.close(policyViolation, 'resume: more than was sent')
    this.#line.say({ type: 'session', key, graceSeconds })
    if (anew === true) {
      this.#streamer?.startOver()
      this.#budget = null
    } else if (this.#streamer?.rewind(bytes) === false) return this.close(policyViolation, 'resume: not what was sent')
    if (!scene && this.#pack !== null) this.#line.say({ ...this.#pack.scene, model: this.#model })
    this.#camera = null
    this.#images?.restart()
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
    const back = this.#settings.seek(message.key)
    if (back === null) return this.#refuse('noSession', 'The session to go on with is over.')
    const socket = this.#line.letGo()
    this.release()
    if (socket !== null) back.viewer.#continue(socket, message, back.key)
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
        if (this.#images === null) return this.close(policyViolation, 'pick: there are no pictures')
        this.#settings.onActivity()
        return this.#images.pick(message.id, message.x, message.y)
      case 'mark':
      case 'style': {
        const shown = this.#streamer ?? this.#images
        if (shown === null) return this.close(policyViolation, `${message.type}: there is no scene yet`)
        this.#settings.onActivity()
        shown.arrange(message)
      }
    }
  }

  async #open ({ model: asked, token, streamingMode = 'interactive' }: OpenMessage): Promise<void> {
    const settings = this.#settings
    const { signal } = this.#end
    if (settings.token !== null && !sameSecret(token ?? '', settings.token)) return this.#refuse('badToken', 'The session token is wrong.')
    const key = settings.admit()
    if (key === null) return this.#refuse('occupied', 'This stream server has a viewer already.')
    settings.onActivity()
    this.#line.say({ type: 'session', key, graceSeconds: settings.graceSeconds })
    const model = settings.model ?? asked
    this.#model = model
    try {
      const file = await settings.catalogue.find(model)
      if (file === null) return this.#refuse('unknownModel', isBareName(model) ? `There is no model "${model}".` : 'A model is named without folder and without odd characters.')
      settings.onModel(model)
      const opened = await settings.packs.open(file, (percent, step) => { this.#line.say({ type: 'preparing', percent, step }) }, signal)
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
    const { renderProgram, clock, log } = this.#settings
    this.#line.say({ ...pack.scene, model })
    const onBroken = (words: string) => { this.#refuse('internal', words) }
    if (renderProgram === null) this.#streamer = geometryStream(pack, this.#line, mode, log, onBroken)
    else this.#images = pictureStream(pack, this.#line, renderProgram, clock, log, onBroken)
    log.info(`${renderProgram === null ? 'streaming' : 'rendering'} "${model}"`)
    if (this.#budget) this.#streamer?.limit(this.#budget)
    if (this.#camera) this.#streamer?.look(this.#camera)
    if (this.#camera) this.#images?.look(this.#camera)
  }

  #refuse (code: ErrorMessage['code'], message: string): void {
    if (this.#end.signal.aborted) return
    this.#settings.log.info(`viewer refused (${code}): ${message}`)
    this.#refusal = { code, message }
    this.#tellRefusal(this.#refusal)
  }

  /** Where there is no socket to tell it over, the next one is told. */
  #tellRefusal ({ code, message }: { code: ErrorMessage['code'], message: string }): void {
    this.#line.say({ type: 'error', code, message })
    this.close(closeCodes[code], message)
  }
}
