import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { portRange } from '../fixtures/leak-check.ts'
import { comesTrue, type Slipway } from '../fixtures/slipway.ts'
import { ask, type Row } from './contract.ts'

/** What the server's own log file holds once it holds `wanted`. */
async function logged ({ folder }: Slipway, wanted: RegExp): Promise<string> {
  const dir = join(folder, 'logs')
  const text = () => readdirSync(dir).filter(name => name.startsWith('comm_server_')).map(name => readFileSync(join(dir, name), 'utf8')).join('')
  await comesTrue(`the log has ${wanted}`, () => wanted.test(text()))
  return text()
}

/** The logs: section 5.7. */
export const logRows: readonly Row[] = [
  {
    section: '5.7',
    title: 'requests stand in the log file',
    official: 'in Apache’s combined format, at the level `logRestHttpRequestsAsLevel`',
    verdict: 'better',
    why: 'without their query, which may hold a token',
    own: true,
    check: async (t, target) => {
      const { slipway, ...rest } = await target.start(t, { logRestHttpRequestsAsLevel: 'info' })
      await ask({ slipway, ...rest }, 'GET', '/api/status?raw=true&token=s3cret', undefined, { 'user-agent': 'a "client"', referer: 'https://plm.example/app?token=s3cret' })
      const text = await logged(slipway, /"GET \/api\/status/)
      t.match(text, /^\S+Z:info: 127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/api\/status HTTP\/1\.1" 200 \d+ "https:\/\/plm\.example\/app" "a \\"client\\""$/m)
      t.notMatch(text, 's3cret')
    }
  },
  {
    section: '5.7',
    title: 'requests for files stand in the log file',
    official: 'the same, behind `FileServer: `, at the level `logFileHttpRequestsAsLevel`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const port = await portRange(1)
      const { slipway } = await target.start(t, { fileServerPort: port, fileServerStaticDirs: [], logFileHttpRequestsAsLevel: 'warn' })
      await ask({ ...target, url: `http://127.0.0.1:${port}` }, 'GET', '/engine.scs')
      t.match(await logged(slipway, /FileServer/), /:warn: FileServer: 127\.0\.0\.1 - - \[.*\] "GET \/engine\.scs HTTP\/1\.1" 404 /)
    }
  },
  {
    section: '5.7',
    title: 'what stream servers say stands in the log',
    official: 'at the levels `logStdoutAsLevel` and `logStderrAsLevel`, null: not at all',
    verdict: 'better',
    why: 'each line with the spawn’s id and without secrets; at most a hundred lines a second of each, the others are counted, and all are kept in a file of the spawn’s own',
    own: true,
    check: async (t, target) => {
      const { slipway, ...rest } = await target.start(t, { logStdoutAsLevel: 'info', logStderrAsLevel: null })
      const { body } = await ask({ slipway, ...rest }, 'POST', '/api/spawn', { params: { model: 'mode-chatty' } })
      t.match(await slipway.waitForLog(/stdout: chatter/), { level: 30, spawnId: body['serviceId'] })
      t.match(await slipway.waitForLog(/stdout: \(\d+ more lines\)/), { spawnId: body['serviceId'] })
      t.ok(slipway.log.filter(({ msg }) => msg.startsWith('stdout: ')).length < 1_000)
      t.notOk(slipway.log.some(({ msg }) => msg.startsWith('stderr: ')))
    }
  }
]
