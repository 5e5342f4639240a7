import t from 'tap'
import { isLogName, serverLogName, sessionLogName, sessionOutputName } from '../../src/logs/names.ts'

const at = new Date(2026, 0, 2, 3, 4, 5).getTime()
const id = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'

t.test('log files have the official names', async t => {
  t.equal(serverLogName(at, 4711), 'comm_server_2026_01_02_03_04_05_4711.log')
  t.equal(sessionLogName('ssr', at, id), `comm_scserver_ssr_2026_01_02_03_04_05_${id}.log`)
  t.equal(sessionOutputName('csr', at, id), `comm_scserver_csr_2026_01_02_03_04_05_${id}_output.log`)
})

t.test('they are told from everybody else\'s', async t => {
  for (const name of [serverLogName(at, 1), `${serverLogName(at, 1)}.12`, sessionLogName('csr', at, id), sessionOutputName('ssr', at, id)]) t.ok(isLogName(name), name)
  for (const name of ['notes.log', 'comm_server.log', 'comm_server_2026_01_02_03_04_05_1.txt', 'my_comm_server_2026_01_02_03_04_05_1.log', 'comm_scserver_csr_2026_01_02_03_04_05_a/b.log']) t.notOk(isLogName(name), name)
})
