import type { Page } from 'playwright-core'
import { median } from './statistics.ts'

/** Milliseconds for which a model is turned. */
const turning = 2_000

/** Presses an arrow key before each frame, and tells when frames came. */
const turn = `new Promise(resolve => {
  const canvas = document.querySelector('.stage canvas')
  const frames = []
  const next = now => {
    frames.push(now)
    if (now - frames[0] > ${turning}) return resolve(frames)
    canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))
    requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
})`

/** Milliseconds from frame to frame, in the middle, while the viewer on `page` is turned without a pause. */
export async function frameTime (page: Page): Promise<number> {
  const frames: number[] = await page.evaluate(turn)
  return median(frames.slice(1).map((at, frame) => at - frames[frame]!))
}
