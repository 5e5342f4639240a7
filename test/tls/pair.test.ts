import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { readPair } from '../../src/tls/pair.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'

t.test('a certificate and its key are read', withoutOpenssl, async t => {
  const { files, fingerprint } = certificates(t)
  t.match(await readPair(files), { status: 'read', pair: { fingerprint, subject: /localhost/, validTo: /GMT/ } })
})

t.test('what is wrong with the files is told in words', withoutOpenssl, async t => {
  const { files: { certificateFile, keyFile }, path, issue } = certificates(t)
  issue('other')
  copyFileSync(keyFile, path('text'))
  writeFileSync(path('text'), 'neither')
  const problems = async (certificateFile: string, keyFile: string) => {
    const reading = await readPair({ certificateFile, keyFile })
    return reading.status === 'unusable' ? reading.problems : []
  }
  t.same(await problems(path('none'), path('gone')), [{ file: 'certificateFile', problem: `${path('none')} cannot be read (ENOENT)` }, { file: 'keyFile', problem: `${path('gone')} cannot be read (ENOENT)` }])
  t.same(await problems(path('text'), keyFile), [{ file: 'certificateFile', problem: `${path('text')} is no certificate in PEM` }])
  t.same(await problems(certificateFile, path('text')), [{ file: 'keyFile', problem: `${path('text')} is no private key in PEM without a passphrase` }])
  t.same(await problems(certificateFile, path('other.key')), [{ file: 'keyFile', problem: `${path('other.key')} is not the key of ${certificateFile}` }])
  t.notMatch(JSON.stringify(await problems(certificateFile, path('other.key'))), readFileSync(keyFile, 'utf8').split('\n')[1] ?? '')
})
