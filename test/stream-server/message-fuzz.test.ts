import t from 'tap'
import { readMessage } from '../../src/stream-server/client-message.ts'
import { readServerMessage } from '../../src/viewer/server-message.ts'
import type { Pick } from '../fuzz/altered.ts'
import { alteredClientMessage, alteredServerMessage, clientEnding, clientMessage, clientTypes, serverEnding, serverMessage, serverTypes } from '../fuzz/messages.ts'
import type { Ending } from '../fuzz/model-input.ts'
import { chance, mutated } from '../fuzz/mutation.ts'

const rounds = 20_000

/** How texts end: some with a field or two altered, some with wrong bytes. */
function endings (altered: (pick: Pick) => string, read: (text: string) => Ending, seed: number) {
  const pick = chance(seed)
  const counts = { read: 0, refused: 0, pastFirst: 0 }
  const problems: string[] = []
  for (let round = 0; round < rounds; round++) {
    const text = round % 4 === 0 ? mutated(Buffer.from(altered(pick)), pick).toString() : altered(pick)
    const { end, pastFirst, problem } = read(text)
    counts[end]++
    if (pastFirst) counts.pastFirst++
    if (problem !== null) problems.push(`${text.slice(0, 1000)}: ${problem}`)
  }
  return { counts, problems }
}

t.test('whatever a viewer says is understood within its bounds, or refused in words that fit a close frame', async t => {
  const pick = chance(3)
  for (const type of clientTypes) {
    const message = clientMessage(type, pick)
    t.same(readMessage(JSON.stringify(message)), { ok: true, message }, type)
  }
  const { counts, problems } = endings(alteredClientMessage, clientEnding, 1)
  t.same(problems, [])
  t.ok(counts.read > 2_000 && counts.refused > 10_000 && counts.pastFirst > 7_000, JSON.stringify(counts))
})

t.test('whatever a stream server says is understood within its bounds, or refused in a sentence', async t => {
  const pick = chance(4)
  for (const type of serverTypes) {
    const message = serverMessage(type, pick)
    t.same(readServerMessage(JSON.stringify(message)), message, type)
  }
  const { counts, problems } = endings(alteredServerMessage, serverEnding, 2)
  t.same(problems, [])
  t.ok(counts.read > 2_000 && counts.refused > 10_000 && counts.pastFirst > 7_000, JSON.stringify(counts))
})
