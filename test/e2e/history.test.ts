import { execFile } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { slipwayProgram, startSlipway } from '../fixtures/slipway.ts'

function verify (...files: string[]): Promise<{ code: number, output: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [slipwayProgram, 'verify-history', ...files], (error, stdout, stderr) => { resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }) })
  })
}

t.test('whatever happened to a session is in the file, over a crash of the service, and nobody alters it unseen', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-history-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const file = join(folder, 'history.jsonl')
  const env = { SLIPWAY_HISTORY_FILE: file, SLIPWAY_LICENSE: 'a-licence-nobody-sees' }
  const spawn = async (url: string) => {
    const answer = await fetch(`${url}/api/spawn`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"params":{"model":"engine","sessionToken":"s3cret-token"}}' })
    return ((await answer.json()) as { serviceId: string }).serviceId
  }

  const first = await startSlipway(t, env)
  const id = await spawn(first.url)
  t.equal((await fetch(`${first.url}/api/spawns/${id}`, { method: 'DELETE' })).status, 200)
  const { history } = await fetch(`${first.url}/api/spawns/${id}/history`).then(async answer => await answer.json() as { history: Array<Record<string, unknown>> })
  t.match(history.map(({ to, by }) => `${to} ${by}`), ['queued caller', 'starting service', 'ready stream_server', 'draining operator', 'stopped stream_server'])
  t.match(history.at(-1), { reason: 'admin', model: 'engine' })
  const alive = await spawn(first.url)
  t.equal((await first.stop('SIGKILL')).signal, 'SIGKILL')
  appendFileSync(file, '{"at":"2026-11-2')
  const torn = await verify(file)
  t.equal(torn.code, 0)
  t.match(torn.output, /^\d+ records, 1 to \d+, each whole[^]*never finished \(16 bytes/)

  const second = await startSlipway(t, env)
  await second.waitForLog(/never finished was cut off \(16 bytes\)/)
  await second.stop()
  const text = readFileSync(file, 'utf8')
  t.notMatch(text, /s3cret-token|a-licence/)
  t.match(text, `"session":"${alive}"`)
  const lines = text.trimEnd().split('\n')
  t.match(await verify(file), { code: 0, output: new RegExp(`^${lines.length} records, 1 to ${lines.length}, `) })
  writeFileSync(join(folder, 'altered'), text.replace('"by":"operator"', '"by":"viewer"'))
  const at = lines.findIndex(line => line.includes('"by":"operator"')) + 1
  t.same(await verify(join(folder, 'altered')), { code: 1, output: `${join(folder, 'altered')}, line ${at}: it was altered: its hash is not that of its text\n` })
  writeFileSync(join(folder, 'shorter'), [...lines.slice(0, 2), ...lines.slice(3), ''].join('\n'))
  t.match(await verify(join(folder, 'shorter')), { code: 1, output: /line 3: record 3 is missing before it/ })
})
