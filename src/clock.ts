/**
 * Time as an argument. Everything that waits or measures takes a `Clock`, so that every rule about time can be
 * tested in milliseconds with a fake one. This is the only file that touches the real clock.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, never going back: the wall clock may be set, this one only counts on. */
  now(): number
  /** Calls `action` once after `milliseconds`; the answer cancels it, and cancelling twice is nothing. */
  after(milliseconds: number, action: () => void): () => void
}

/** The machine's clock. Its timers keep the process alive: whoever sets one owns it and cancels it. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after (milliseconds, action) {
    const timer = setTimeout(action, milliseconds)
    return () => { clearTimeout(timer) }
  }
}
