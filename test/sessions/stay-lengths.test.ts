import t from 'tap'
import { StayLengths } from '../../src/sessions/stay-lengths.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'

const near = (value: number | undefined, wanted: number, slack: number) => value !== undefined && Math.abs(value - wanted) <= slack

t.test('without any experience, or without anybody to wait for, nobody knows', async t => {
  const stays = new StayLengths()
  t.equal(stays.until(1, [5]), undefined)
  stays.ended(10)
  t.equal(stays.until(1, []), undefined)
})

t.test('where every session lasts as long, each ends when it is that old', async t => {
  const stays = new StayLengths()
  for (let n = 0; n < 20; n++) stays.ended(60_000)
  const ages = [50_000, 20_000, 5_000]
  for (const [place, wait] of [[1, 10_000], [2, 40_000], [3, 55_000], [4, 70_000]] as const) t.ok(near(stays.until(place, ages), wait, 10), `${place}: ${stays.until(place, ages)}`)
})

t.test('one that has outlasted all others is not expected to end this instant', async t => {
  const stays = new StayLengths()
  stays.ended(1_000)
  const wait = stays.until(1, [5_000])
  t.ok(near(wait, 1_000 * Math.log(2), 5), `${wait}`)
})

t.test('old habits are forgotten', async t => {
  const stays = new StayLengths()
  for (let n = 0; n < 600; n++) stays.ended(1_000)
  for (let n = 0; n < 500; n++) stays.ended(9_000)
  t.ok(near(stays.until(1, [0]), 9_000, 10))
})

t.test('many sessions are judged by some of them', async t => {
  const stays = new StayLengths()
  const random = new SeededRandom(1)
  for (let n = 0; n < 500; n++) stays.ended(random.between(1, 100_000))
  const ages = Array.from({ length: 1_000 }, () => random.between(0, 99_000))
  const few = stays.until(10, ages.slice(0, 100))
  const many = stays.until(100, ages)
  t.ok(few !== undefined && near(many, few, few), `${few} ${many}`)
  for (let place = 1; place < 1_500; place += 100) t.ok((stays.until(place, ages) ?? 0) < (stays.until(place + 100, ages) ?? 0), 'who stands further back waits longer')
})
