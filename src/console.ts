import type { Readable } from 'node:stream'

/** Calls `stop` once, when the first thing is typed on the console. One that is closed or broken types nothing. */
export function onEnter (input: Readable, stop: () => void): void {
  input.on('error', () => {})
  input.once('data', () => {
    input.pause()
    stop()
  })
}
