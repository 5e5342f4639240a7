import t from 'tap'
import { LatestCatalogue } from '../../src/viewer/latest-catalogue.ts'
import type { ModelCatalogue } from '../../src/viewer/model-catalogue.ts'
import { settle } from '../fixtures/fake-clock.ts'

interface Question {
  resolve: (catalogue: ModelCatalogue) => void
  reject: (error: Error) => void
}

function stage () {
  const waiting: Question[] = []
  const offered: string[][] = []
  const complaints = new Set<string>()
  const latest = new LatestCatalogue(({ models }) => { offered.push(models) }, words => { complaints.add(words); return () => { complaints.delete(words) } }, async () => {
    return await new Promise<ModelCatalogue>((resolve, reject) => { waiting.push({ resolve, reject }) })
  })
  return { latest, waiting, offered, complaints, answer: (at: number, ...models: string[]) => { waiting[at]?.resolve({ streamServer: 'embedded', renderers: ['csr'], models }) } }
}

t.test('the service is asked again when it says that its models changed, one question at a time', async t => {
  const { latest, waiting, offered, answer } = stage()
  const first = latest.fetch()
  latest.told('{"type":"models"}')
  latest.told('{"type":"models"}')
  t.equal(waiting.length, 1)
  answer(0, 'a')
  await settle()
  t.equal(waiting.length, 2)
  answer(1, 'a', 'b')
  await first
  t.same(offered, [['a'], ['a', 'b']])
})

t.test('after the live events were away it is asked again, and only then', async t => {
  const { latest, waiting } = stage()
  latest.told('{"type":"sessions","sessions":[]}')
  latest.told('{"type":"session","session":{}}')
  t.equal(waiting.length, 0)
  latest.told('{"type":"sessions","sessions":[]}')
  t.equal(waiting.length, 1)
})

t.test('a service that does not answer is complained of until it does', async t => {
  const { latest, waiting, complaints, answer } = stage()
  const failing = latest.fetch()
  waiting[0]?.reject(new Error('The service cannot be reached. Is it running?'))
  await t.rejects(failing)
  t.same([...complaints], ['The service cannot be reached. Is it running?'])
  const again = latest.fetch()
  answer(1, 'a')
  await again
  t.same([...complaints], [])
})
