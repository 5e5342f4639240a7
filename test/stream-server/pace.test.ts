import t from 'tap'
import { Link } from '../../src/stream-server/ssr/link.ts'
import { Pace } from '../../src/stream-server/ssr/pace.ts'
import type { Means } from '../../src/stream-server/ssr/pace.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'

/** A way to a viewer: so many bytes a second, so many milliseconds there and back, answers that are late by up to `jitter` milliseconds. */
interface Way { rate: number, roundTrip: number, jitter?: number }
interface Sight { latency: number, interval: number, means: Means, rate: number }

const making = 25

/** Pictures over a way, each begun when `Link` says so and at most two unseen, of `bytes` on the first rung; as the streamer does it, in a time of its own. */
function watch (pace: Pace, link: Link, way: Way, { from = 0, pictures = 300, bytes = 70_000 } = {}): { sights: Sight[], until: number } {
  const random = new SeededRandom(7)
  const coming: Array<{ number: number, begun: number, at: number }> = []
  const sights: Sight[] = []
  let now = from
  let free = from
  let last = from
  const see = () => {
    const { number, begun, at } = coming.shift()!
    now = Math.max(now, at)
    link.shown(number, now)
    sights.push({ latency: at - begun, interval: at - last, means: pace.means, rate: link.rate })
    last = at
  }
  for (let number = Math.round(from) + 1; sights.length < pictures; number++) {
    while (coming.length >= 2) see()
    for (let wait = link.backlog(now) - making; wait >= 1; wait = link.backlog(now) - making) {
      if (coming[0] !== undefined && coming[0].at <= now + wait) see()
      else now += wait
    }
    const begun = now
    while (coming[0] !== undefined && coming[0].at <= now + making) see()
    now = Math.max(now, begun + making)
    const mark = link.probe(now)
    const idle = Math.max(0, free - now)
    const { means } = pace
    const size = bytes * means.scale ** 1.75 * (means.quality / 85) ** 0.8 * (0.9 + 0.2 * random.unit())
    pace.encoded(means, size, link.rate)
    link.sent(number, size, now)
    if (mark !== null) link.answered(mark, now + idle + way.roundTrip)
    free = Math.max(free, now) + size / way.rate * 1000
    coming.push({ number, begun, at: free + way.roundTrip + (way.jitter ?? 0) * random.unit() })
  }
  return { sights, until: now }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
const changes = (sights: Sight[]) => sights.filter(({ means }, i) => i > 0 && means !== sights[i - 1]!.means).length

for (const [rate, scales, qualities] of [
  [20e6, [1], [85]],
  [5e6, [1], [85]],
  [2e6, [1], [70, 85]],
  [1e6, [0.8, 1], [55, 60]],
  [500e3, [0.6], [55]],
  [250e3, [0.45], [50]],
  [100e3, [0.33], [40]],
  [30e3, [0.33], [40]]
] as const) {
  for (const [roundTrip, jitter] of [[0, 0], [1, 10], [40, 5], [150, 10]] as const) {
    t.test(`a way of ${rate / 1000} kB/s, ${roundTrip} ms there and back, answers up to ${jitter} ms late`, async t => {
      const { sights } = watch(new Pace(), new Link(), { rate, roundTrip, jitter })
      const settled = sights.slice(100)
      const { means: { scale, quality } } = settled.at(-1)!
      t.ok((scales as readonly number[]).includes(scale) && (qualities as readonly number[]).includes(quality), `scale ${scale}, quality ${quality}`)
      t.ok(changes(settled) <= 4, `${changes(settled)} changes in ${settled.length} pictures`)
      // What the way takes there and back is no fault of the pictures.
      const latency = median(settled.map(({ latency }) => latency - roundTrip))
      const interval = median(settled.map(({ interval }) => interval))
      t.ok(latency <= 2 * interval + 1, `${latency.toFixed(0)} ms from camera to picture, ${interval.toFixed(0)} ms from picture to picture`)
    })
  }
}

t.test('quality follows a way that becomes narrow and wide again, soon and once', async t => {
  const pace = new Pace()
  const link = new Link()
  const wide = watch(pace, link, { rate: 10e6, roundTrip: 5, jitter: 5 }, { pictures: 60 })
  t.match(wide.sights.at(-1)?.means, { scale: 1, quality: 85 })
  const narrow = watch(pace, link, { rate: 150e3, roundTrip: 5, jitter: 5 }, { from: wide.until, pictures: 60 })
  t.ok(narrow.sights.findIndex(({ means }) => means.scale < 0.5) <= 3, 'three pictures are enough to see that the way is narrow')
  t.ok(changes(narrow.sights.slice(4)) <= 2)
  const again = watch(pace, link, { rate: 10e6, roundTrip: 5, jitter: 5 }, { from: narrow.until, pictures: 120 })
  t.match(again.sights.at(-1)?.means, { scale: 1, quality: 85 })
})

t.test('a picture that has more in it takes a lower rung on the same way', async t => {
  const pace = new Pace()
  const link = new Link()
  const first = watch(pace, link, { rate: 2e6, roundTrip: 5 }, { bytes: 30_000, pictures: 60 })
  t.match(first.sights.at(-1)?.means, { scale: 1, quality: 85 })
  const second = watch(pace, link, { rate: 2e6, roundTrip: 5 }, { from: first.until, bytes: 150_000, pictures: 60 })
  t.ok(second.sights.at(-1)!.means.scale < 1)
})

t.test('what is tried in vain is tried less and less', async t => {
  const pace = new Pace()
  const tries: number[] = []
  let before = pace.means
  // Every better picture is far larger than its weight says.
  for (let i = 0; i < 600; i++) {
    pace.encoded(pace.means, pace.means.scale < 1 ? 5000 : 200_000, 1e6)
    if (pace.means.scale > before.scale) tries.push(i)
    before = pace.means
  }
  t.ok(tries.length > 2 && tries.length < 24, `${tries.length} tries`)
})

t.test('painting that takes long is made coarser, and finer again when there is time', async t => {
  const pace = new Pace()
  for (let i = 0; i < 5; i++) pace.painted(80)
  t.ok(pace.coarseness > 3)
  for (let i = 0; i < 40; i++) pace.painted(10)
  t.equal(pace.coarseness, 1)
})

t.test('an answer to a ping that was never sent is not heard', async t => {
  const link = new Link()
  t.equal(link.probe(1000), '1000')
  link.answered('999', 1001)
  link.sent(1, 50_000, 1000)
  link.shown(1, 1100)
  t.equal(link.probe(1500), null, 'not so soon again')
  t.ok(link.rate > 1e6, 'nothing is known of the way but one time, which may be the round trip')
})
