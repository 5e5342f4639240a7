import t from 'tap'
import { Redaction } from '../../src/launcher/redaction.ts'

const through = (secrets: string[], text: string, size: number) => {
  const redaction = new Redaction(secrets)
  const bytes = Buffer.from(text)
  const kept: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) kept.push(redaction.pass(bytes.subarray(at, at + size)))
  return Buffer.concat([...kept, redaction.rest()]).toString()
}

t.test('secrets are taken out, however the output is cut', async t => {
  const secrets = ['lizenz-für-alle', 't0ken', 't0ken-and-more']
  for (let size = 1; size < 40; size++) {
    t.equal(through(secrets, 'ü --license lizenz-für-alle lizenz-fü, t0ken, t0ken-and-mor, t0ken-and-more t0k', size).replaceAll('<hidden>-and-more', '<hidden>'),
      'ü --license <hidden> lizenz-fü, <hidden>, <hidden>-and-mor, <hidden> t0k', `chunks of ${size}`)
  }
})

t.test('without secrets everything passes untouched', async t => {
  const chunk = Buffer.from([0xff, 0x00, 0x41])
  t.equal(new Redaction([]).pass(chunk), chunk)
  t.same(new Redaction(['secret']).pass(chunk), chunk)
  t.equal(through(['a', '', 'abc'], 'abc', 1), 'abc', 'what is this short is no secret')
})
