import type { Clock } from '../clock.ts'

/** Milliseconds between two looks at whether something is drawn. */
const look = 4

/** Of a WebGL 2 context. */
interface Fences<Fence> {
  readonly SYNC_GPU_COMMANDS_COMPLETE: number
  readonly SYNC_STATUS: number
  readonly SIGNALED: number
  fenceSync (condition: number, flags: number): Fence | null
  getSyncParameter (fence: Fence, name: number): unknown
  deleteSync (fence: Fence): void
  flush (): void
}

interface Drawing<Fence> {
  fence: Fence
  begun: number
  told: (milliseconds: number) => void
}

/** How long pictures take to be drawn to their last pixel: a call that draws returns long before. */
export class DrawTimes<Fence> {
  readonly #context: Fences<Fence>
  readonly #clock: Clock
  readonly #drawings: Array<Drawing<Fence>> = []
  /** When the last was done. */
  #done = -Infinity
  #cancel = (): void => {}

  constructor (context: Fences<Fence>, clock: Clock) {
    this.#context = context
    this.#clock = clock
  }

  /** Runs `draw`; `told` hears how long what it draws takes, without the time in which it waited for what was drawn before. */
  measure (draw: () => void, told: (milliseconds: number) => void): void {
    const begun = this.#clock.now()
    draw()
    const context = this.#context
    const fence = context.fenceSync(context.SYNC_GPU_COMMANDS_COMPLETE, 0)
    if (fence === null) return
    context.flush()
    this.#drawings.push({ fence, begun, told })
    if (this.#drawings.length === 1) this.#lookSoon()
  }

  /** Something is being drawn still. */
  get busy (): boolean {
    return this.#drawings.length > 0
  }

  close (): void {
    this.#cancel()
    this.#drawings.length = 0
  }

  #lookSoon (): void {
    this.#cancel = this.#clock.after(look, () => { this.#look() })
  }

  #look (): void {
    const context = this.#context
    for (let [next] = this.#drawings; next !== undefined && context.getSyncParameter(next.fence, context.SYNC_STATUS) === context.SIGNALED; [next] = this.#drawings) {
      this.#drawings.shift()
      context.deleteSync(next.fence)
      const now = this.#clock.now()
      next.told(now - Math.max(next.begun, this.#done))
      this.#done = now
    }
    if (this.#drawings.length > 0) this.#lookSoon()
  }
}
