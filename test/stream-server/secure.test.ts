import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { running } from './support/running.ts'
import { TestViewer } from './support/viewer.ts'

const openssl = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].find(path => existsSync(path))

t.test('with a certificate and its key it speaks wss', { skip: openssl === undefined && 'no openssl to make a certificate with' }, async t => {
  const folder = t.testdir({})
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  execFileSync(openssl ?? '', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const { url } = await running(t, ['--ssl-certificate-file', certificate, '--ssl-private-key-file', key])
  t.match(url, /^wss:/)
  const viewer = await TestViewer.connect(url, undefined, { rejectUnauthorized: false })
  viewer.say({ type: 'open', model: 'balls' })
  t.equal((await viewer.scene()).model, 'balls')
})
