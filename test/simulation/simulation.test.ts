import t from 'tap'
import { execFile } from 'node:child_process'
import { breakages } from './broken-parts.ts'
import { run } from './run.ts'

/** In a process of its own: under the test runner every promise is watched, which makes a run ten times as dear. */
function simulate (...args: string[]): Promise<{ code: number, output: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, ['scripts/run.mjs', 'test/simulation/main.ts', ...args], { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, output: stdout + stderr })
    })
  })
}

t.test('whatever happens in whatever order, nothing is lost', async t => {
  const { code, output } = await simulate('--runs', '25000')
  t.equal(code, 0)
  t.match(output, /^25000 schedules, .*every invariant held/)
})

t.test('a rule that is broken is found', async t => {
  const { code, output } = await simulate('--broken')
  t.equal(code, 0, output.match(/^not found.*/m)?.[0] ?? 'every one')
  t.equal(output.match(/^found: /gm)?.length, breakages.length)
})

t.test('the same seed is the same run, event by event', async t => {
  for (let seed = 1; seed <= 20; seed++) t.same(await run(seed, { trace: true }), await run(seed, { trace: true }))
})

t.test('what makes no sense on its command line is said', async t => {
  t.match(await simulate('--runs', 'many'), { code: 2, output: '--runs: expected a whole number, got many' })
})
