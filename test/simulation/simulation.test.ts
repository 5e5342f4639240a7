import t from 'tap'
import { batch } from './batch.ts'
import { breakages } from './broken-parts.ts'
import { run } from './run.ts'
import { shrink } from './shrink.ts'

t.test('whatever happens in whatever order, nothing is lost', async t => {
  const { runs, failures } = await batch(1, 1, 5_000)
  t.same(failures, [], 'replay with: npm run simulate -- --seed <seed> --trace')
  t.equal(runs, 5_000)
})

t.test('the same seed is the same run, event by event', async t => {
  for (let seed = 1; seed <= 20; seed++) t.same(await run(seed, { trace: true }), await run(seed, { trace: true }))
})

t.test('a rule that is broken is found, and what is needed for it', async t => {
  for (const breakage of breakages) {
    const { rule, parts, mend } = breakage()
    try {
      const { failures, runs } = await batch(1, 1, 3_000, { parts, enough: 1 })
      const first = failures[0]
      if (first === undefined) {
        t.fail(`nobody noticed in ${runs} runs that it is no rule any more that ${rule}`)
        continue
      }
      const found = await run(first.seed, { parts })
      const shortest = await shrink(found, parts)
      t.ok(shortest.moves.length <= found.moves.length && shortest.broken !== null, `${rule}: seed ${first.seed}, ${shortest.moves.length} events of ${found.moves.length}: ${shortest.broken}`)
    } finally {
      mend?.()
    }
  }
})
