import type { Browser, Page } from 'playwright-core'
import { NarrowWay } from '../test/stream-server/support/narrow-way.ts'
import { click } from './click.ts'

/** Bytes a second from the stream server to its viewer. */
const narrow = 1_000_000
/** Share of the model's pixels that are as in the complete picture. */
const enough = 0.8

/** What is held to be recognisable, in words for whoever reads a figure. */
export const recognisable = `Recognisable is the first picture in which ${enough * 100} % of the pixels that the model covers, in it or in the complete picture, look as they do in the complete one (320×180 pixels, no channel further apart than 32 of 255).`

/** Picks up each picture right after it was drawn, small; `likeness` compares them with the last. */
const recorder = `{
  const [width, height, apart] = [320, 180, 32]
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  const pictures = []
  let opened
  const Socket = WebSocket
  window.WebSocket = class extends Socket {
    constructor (...all) {
      super(...all)
      this.addEventListener('open', () => { opened = performance.now() })
    }
  }
  const request = requestAnimationFrame
  window.requestAnimationFrame = draw => request(now => {
    draw(now)
    const canvas = document.querySelector('.stage canvas')
    if (opened === undefined || canvas === null) return
    context.clearRect(0, 0, width, height)
    context.drawImage(canvas, 0, 0, width, height)
    const { data } = context.getImageData(0, 0, width, height)
    // A frame in which the stage was not drawn shows nothing.
    if (data.some(value => value !== 0)) pictures.push({ at: performance.now() - opened, data })
  })
  window.likeness = () => pictures.map(({ at, data }) => {
    const whole = pictures.at(-1).data
    let [covered, alike] = [0, 0]
    for (let pixel = 0; pixel < data.length; pixel += 4) {
      if (data[pixel + 3] === 0 && whole[pixel + 3] === 0) continue
      covered++
      if ([0, 1, 2, 3].every(channel => Math.abs(data[pixel + channel] - whole[pixel + channel]) <= apart)) alike++
    }
    return { at, like: alike / covered }
  })
}`

/** Milliseconds from the open socket to a recognisable picture of `model`, by a way of 1 MB/s. */
export async function recognised (browser: Browser, url: string, model: string): Promise<number> {
  const close: Array<() => unknown> = []
  let pictures: Array<{ at: number, like: number }> = []
  try {
    await click(browser, url, model, {
      before: async page => {
        await page.addInitScript(recorder)
        await leadThroughNarrowWay(page, close)
      },
      after: async page => { pictures = await page.evaluate('likeness()') }
    })
  } finally {
    for (const each of close) each()
  }
  const first = pictures.find(({ like }) => like >= enough)
  if (first === undefined) throw new Error(`${model}: no picture was drawn`)
  return first.at
}

async function leadThroughNarrowWay (page: Page, close: Array<() => unknown>): Promise<void> {
  await page.route('**/api/spawn', async route => {
    const response = await route.fetch({ headers: { ...route.request().headers(), accept: 'application/json' } })
    const answer = await response.json() as { endpoints: { ws: string } }
    const way = await NarrowWay.open({ teardown: undo => { close.push(undo) } }, Number(new URL(answer.endpoints.ws).port), narrow)
    answer.endpoints.ws = `ws://127.0.0.1:${way.port}`
    await route.fulfill({ response, json: answer })
  })
}
