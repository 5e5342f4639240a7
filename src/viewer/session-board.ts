/** What the service tells of a session; `null` is "not yet" or "not known". */
export interface SessionRecord {
  id: string
  state: string
  reason: string | null
  renderer: string
  model: string | null
  port: number | null
  /** ISO dates. */
  createdAt: string
  endedAt: string | null
}

const ends = ['stopped', 'failed', 'lost']
const endedShownMilliseconds = 30_000

/** True when nothing happens any more with a session in this state. */
export const isOver = ({ state }: SessionRecord): boolean => ends.includes(state)

/** The sessions of a service as its events tell them; an ended one stays for 30 s. */
export class SessionBoard {
  readonly #sessions = new Map<string, SessionRecord>()
  /** When this page saw the end, in its own clock; when it came too late to see it, what the service says. */
  readonly #endedAt = new Map<string, number>()

  /** Takes one message of `/api/events`; what it does not know it ignores. `now` in milliseconds. */
  take (text: string, now: number): void {
    const message = parse(text)
    if (message['type'] === 'sessions' && Array.isArray(message['sessions'])) {
      const before = new Set(this.#sessions.keys())
      this.#sessions.clear()
      for (const each of message['sessions']) this.#put(readSession(each), now, before)
    } else if (message['type'] === 'session') {
      this.#put(readSession(message['session']), now, this.#sessions)
    } else if (message['type'] === 'dropped' && typeof message['id'] === 'string') {
      // The service forgets its record; we show the end for the time promised.
      const session = this.#sessions.get(message['id'])
      if (session !== undefined && !isOver(session)) this.#sessions.delete(session.id)
    }
  }

  /** What to show at `now`: the newest first, the ended last. */
  shown (now: number): SessionRecord[] {
    for (const [id, endedAt] of this.#endedAt) {
      if (now - endedAt < endedShownMilliseconds && this.#sessions.has(id)) continue
      this.#endedAt.delete(id)
      this.#sessions.delete(id)
    }
    return [...this.#sessions.values()].sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || b.createdAt.localeCompare(a.createdAt))
  }

  get (id: string): SessionRecord | undefined {
    return this.#sessions.get(id)
  }

  #put (session: SessionRecord | undefined, now: number, before: { has (id: string): boolean }): void {
    if (session === undefined) return
    if (isOver(session) && !this.#endedAt.has(session.id)) {
      const told = before.has(session.id) ? NaN : Date.parse(session.endedAt ?? '')
      this.#endedAt.set(session.id, Number.isNaN(told) ? now : Math.min(told, now))
    }
    this.#sessions.set(session.id, session)
  }
}

function parse (text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

function readSession (value: unknown): SessionRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, state, reason, renderer, model, port, createdAt, endedAt } = value as Record<string, unknown>
  if (typeof id !== 'string' || typeof state !== 'string') return undefined
  const text = (field: unknown): string | null => typeof field === 'string' ? field : null
  return {
    id,
    state,
    reason: text(reason),
    renderer: text(renderer) ?? '',
    model: text(model),
    port: typeof port === 'number' ? port : null,
    createdAt: text(createdAt) ?? '',
    endedAt: text(endedAt)
  }
}
