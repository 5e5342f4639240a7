interface Sent { number: number, bytes: number, at: number }

/** After so much time of transfer what was measured before counts half, and with every picture it counts so much less. */
const halfLifeMs = 120
const fading = 0.85
/** Bytes a second that are assumed until something was shown, and the most that is believed. */
const assumed = 1e6
const mostRate = 1e8
/** Pings and files among which the shortest round trip is taken for the way without a queue. */
const mostPings = 8
const mostFiles = 64
/** How often the way is probed, at most. */
const probeMs = 1000

/**
 * What the way to the viewer takes, learnt from when files were sent and when they were shown, in milliseconds of one clock. The way carries one file
 * after the other: the time of a file runs from when the one before it was shown, or from when it was sent if that was later. What lies in buffers on the
 * way counts as not shown, whoever's buffers they are.
 */
export class Link {
  #flying: Sent[] = []
  /** Sums that fade. */
  #bytes = 0
  #busy = 0
  #free = -Infinity
  #pings: number[] = []
  #files: number[] = []
  #probe: { mark: string, at: number } | null = null
  #probed = -Infinity

  /** Bytes a second. */
  get rate (): number {
    return this.#busy === 0 ? assumed : Math.min(mostRate, this.#bytes / this.#busy * 1000)
  }

  /** Files that are sent and not shown. */
  get unseen (): number {
    return this.#flying.length
  }

  sent (number: number, bytes: number, at: number): void {
    this.#flying.push({ number, bytes, at })
  }

  /** The file of this number is shown, and with it those before. */
  shown (number: number, at: number): void {
    const come = this.#flying.filter(({ number: sent }) => sent <= number)
    const last = come.at(-1)
    if (last === undefined) return
    this.#flying = this.#flying.slice(come.length)
    this.#files.push(at - last.at)
    if (this.#files.length > mostFiles) this.#files.shift()
    const began = Math.max(come[0]!.at + this.#roundTrip, this.#free)
    const took = Math.max(0, at - began)
    const kept = fading ** come.length * 0.5 ** (took / halfLifeMs)
    this.#bytes = this.#bytes * kept + come.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#busy = this.#busy * kept + Math.max(took, 0.1)
    this.#free = at
  }

  /** Milliseconds until what was sent will have left, as far as one can tell. */
  backlog (now: number): number {
    if (this.#flying.length === 0) return 0
    let free = this.#free - (this.#free === -Infinity ? 0 : this.#roundTrip)
    for (const { at, bytes } of this.#flying) free = Math.max(free, at) + bytes / this.rate * 1000
    return Math.max(0, free - now)
  }

  /** What to send as a ping before the next file, if the way is idle and was not probed lately: its answer tells the round trip. */
  probe (now: number): string | null {
    if (this.#flying.length > 0 || now - this.#probed < probeMs) return null
    this.#probed = now
    this.#probe = { mark: String(now), at: now }
    return this.#probe.mark
  }

  /** The ping with this mark is answered. */
  answered (mark: string, at: number): void {
    if (this.#probe?.mark !== mark) return
    this.#pings.push(at - this.#probe.at)
    if (this.#pings.length > mostPings) this.#pings.shift()
    this.#probe = null
  }

  /** Another socket: what was sent may never come. What was learnt of the way still holds until more is known. */
  restart (): void {
    this.#flying = []
    this.#free = -Infinity
    this.#pings = []
    this.#files = []
    this.#probe = null
    this.#probed = -Infinity
  }

  get #roundTrip (): number {
    return Math.min(...this.#pings, ...this.#files)
  }
}
