import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { RotatingFile } from '../../src/logs/rotating-file.ts'

t.test('a full file is followed by the next, at a line\'s end', async t => {
  const dir = t.testdir()
  const file = new RotatingFile({ path: join(dir, 'deeper', 'a.log'), limit: 20, keep: 5, failed: error => { throw error } })
  for (let i = 0; i < 4; i++) file.write(`line ${i}, ten\n`)
  await file.end()
  await file.end()
  file.write('too late\n')
  t.same(readdirSync(join(dir, 'deeper')).sort(), ['a.log', 'a.log.1', 'a.log.2', 'a.log.3'])
  t.equal(readFileSync(join(dir, 'deeper', 'a.log.3'), 'utf8'), 'line 3, ten\n')
})

t.test('a line longer than a file is one file', async t => {
  const path = join(t.testdir(), 'a.log')
  const file = new RotatingFile({ path, limit: 5, keep: 5, failed: error => { throw error } })
  file.write('much too long\n')
  await file.end()
  t.equal(readFileSync(path, 'utf8'), 'much too long\n')
})

t.test('the oldest files go', async t => {
  const dir = t.testdir()
  const file = new RotatingFile({ path: join(dir, 'a.log'), limit: 10, keep: 2, failed: error => { throw error } })
  for (let i = 0; i < 6; i++) {
    file.write(`the line ${i}\n`)
    // The file of this line has to be there before it can be deleted.
    await new Promise<void>(resolve => { setImmediate(resolve) })
    while (!readdirSync(dir).includes(i === 0 ? 'a.log' : `a.log.${i}`)) await new Promise<void>(resolve => { setImmediate(resolve) })
  }
  await file.end()
  while (readdirSync(dir).length > 2) await new Promise<void>(resolve => { setImmediate(resolve) })
  t.same(readdirSync(dir).sort(), ['a.log.4', 'a.log.5'])
})

t.test('a file that cannot be written is told once, and nobody is hurt', async t => {
  const dir = t.testdir({ file: '' })
  const told = new Promise<Error>(resolve => {
    const file = new RotatingFile({ path: join(dir, 'file', 'a.log'), limit: 10, keep: 2, failed: resolve })
    for (let i = 0; i < 3; i++) file.write('a line\n')
    t.teardown(async () => { await file.end() })
  })
  t.match((await told).message, /ENOTDIR|EEXIST/)
})

t.test('when it can be written again it goes on', async t => {
  const dir = t.testdir({ file: '' })
  const told: string[] = []
  let tell = () => {}
  const file = new RotatingFile({
    path: join(dir, 'file', 'a.log'),
    limit: 1_000,
    keep: 2,
    failed: ({ message }) => {
      told.push(message)
      tell()
    }
  })
  const failure = () => new Promise<void>(resolve => { tell = resolve })
  await failure()
  rmSync(join(dir, 'file'))
  file.write('a line\n')
  while (!existsSync(join(dir, 'file', 'a.log')) || !readFileSync(join(dir, 'file', 'a.log'), 'utf8').includes('a line')) await new Promise<void>(resolve => { setImmediate(resolve) })
  file.write('another\n')
  await file.end()
  t.equal(readFileSync(join(dir, 'file', 'a.log'), 'utf8'), '\na line\nanother\n')
  t.equal(told.length, 1)
})
