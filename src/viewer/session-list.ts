import type { Clock } from '../clock.ts'
import { age } from './quantities.ts'
import { fromTemplate, required } from './required-element.ts'
import { isOver, SessionBoard } from './session-board.ts'
import type { SessionRecord } from './session-board.ts'
import { SessionFeed } from './session-feed.ts'
import type { Dial } from './session-feed.ts'
import { rendererWords, sessionWords } from './session-words.ts'

/** The live list "Server instances". */
export class SessionList {
  readonly #list: HTMLElement
  readonly #empty: HTMLElement
  readonly #count: HTMLElement
  readonly #connection: HTMLElement
  readonly #clock: Clock
  readonly #complain: (words: string) => void
  readonly #told: (text: string) => void
  readonly #board = new SessionBoard()
  readonly #rows = new Map<string, HTMLElement>()
  readonly #feed: SessionFeed
  #cancelTick = (): void => {}

  /** `told` hears every message of the live events too. */
  constructor (panel: HTMLElement, clock: Clock, complain: (words: string) => void, told: (text: string) => void) {
    this.#clock = clock
    this.#complain = complain
    this.#told = told
    this.#list = required(panel, '[data-role=list]', HTMLElement)
    this.#empty = required(panel, '[data-role=empty]', HTMLElement)
    this.#count = required(panel, '[data-role=count]', HTMLElement)
    this.#connection = required(panel, '[data-role=connection]', HTMLElement)
    this.#feed = new SessionFeed(dial, clock, {
      message: text => {
        this.#board.take(text, clock.now())
        this.#draw()
        this.#told(text)
      },
      connected: yes => {
        panel.dataset['connected'] = String(yes)
        this.#connection.textContent = yes ? 'Live' : 'Not connected, trying again'
      }
    })
  }

  start (): void {
    this.#feed.start()
    this.#tick()
  }

  close (): void {
    this.#feed.close()
    this.#cancelTick()
  }

  #tick (): void {
    this.#draw()
    this.#cancelTick = this.#clock.after(1000, () => { this.#tick() })
  }

  /** Rows are kept from one drawing to the next, so that focus and hover stay where they are. */
  #draw (): void {
    const sessions = this.#board.shown(this.#clock.now())
    const ids = new Set(sessions.map(session => session.id))
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue
      row.remove()
      this.#rows.delete(id)
    }
    const focused = document.activeElement
    sessions.forEach((session, place) => {
      const row = this.#rows.get(session.id) ?? this.#newRow(session.id)
      if (this.#list.children[place] !== row) this.#list.insertBefore(row, this.#list.children[place] ?? null)
      this.#fill(row, session)
    })
    // A row that moves is taken out and put back, which costs what is in it the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#list.contains(focused)) focused.focus({ preventScroll: true })
    this.#count.textContent = String(sessions.filter(session => !isOver(session)).length)
    this.#empty.hidden = sessions.length > 0
  }

  #newRow (id: string): HTMLElement {
    const row = fromTemplate('session-row')
    row.dataset['sessionId'] = id
    required(row, 'button', HTMLButtonElement).addEventListener('click', ({ currentTarget }) => {
      if (currentTarget instanceof HTMLButtonElement) this.#stop(id, currentTarget)
    })
    this.#rows.set(id, row)
    return row
  }

  #fill (row: HTMLElement, session: SessionRecord): void {
    const over = isOver(session)
    const created = Date.parse(session.createdAt)
    const until = over ? Date.parse(session.endedAt ?? '') : this.#clock.now()
    const write = (name: string, text: string): void => {
      const field = required(row, `[data-role=${name}]`, HTMLElement)
      if (field.textContent !== text) field.textContent = text
    }
    row.dataset['state'] = session.state
    write('model', session.model ?? 'No model named')
    write('state', sessionWords(session))
    write('id', session.id.slice(0, 8))
    write('port', session.port === null ? 'no port' : `port ${session.port}`)
    write('renderer', rendererWords(session.renderer))
    write('age', Number.isNaN(until - created) ? '' : age(until - created))
    required(row, '[data-role=id]', HTMLElement).title = session.id
    const stop = required(row, 'button', HTMLButtonElement)
    stop.hidden = over
    stop.setAttribute('aria-label', `Stop server instance ${session.id.slice(0, 8)}`)
  }

  async #stop (id: string, button: HTMLButtonElement): Promise<void> {
    button.disabled = true
    const response = await fetch(`api/spawns/${encodeURIComponent(id)}`, { method: 'DELETE' }).catch(() => undefined)
    button.disabled = false
    if (response?.ok !== true) this.#complain(`The server instance ${id.slice(0, 8)} could not be stopped${response === undefined ? ': the service cannot be reached' : ` (HTTP status ${response.status})`}.`)
  }
}

const dial: Dial = ({ opened, message, closed }) => {
  const url = new URL('api/events', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  const socket = new WebSocket(url)
  socket.onopen = opened
  socket.onmessage = ({ data }: MessageEvent<string>) => { message(data) }
  socket.onclose = closed
  return () => { socket.close() }
}
