import t from 'tap'
import { rows } from './rows.ts'
import { targetOf } from './service.ts'

// CONTRACT_URL names a service that runs already, with the stand-in for the stream server or a real one. Of such a one, the file server
// (CONTRACT_FILE_SERVER_URL), what speaks TLS (CONTRACT_TLS_URL, CONTRACT_TLS_FILE_SERVER_URL) and the tutorial's service (CONTRACT_TUTORIAL_URL)
// have to be told too, or their rows are skipped; CONTRACT_TLS_CA_FILE is the authority of its certificate, where it is none that everybody knows.
const address = process.env['CONTRACT_URL']
const target = await targetOf(t, address, process.env)

for (const { section, title, own, needs = [], check } of rows) {
  const untold = needs.filter(name => target.others[name] === undefined)
  const reason = own === true ? 'needs a service that the suite starts itself' : untold.length > 0 && `not given: ${untold.join(', ')}`
  t.test(`${section} ${title}`, { skip: address === undefined ? false : reason }, async t => { await check(t, target) })
}
