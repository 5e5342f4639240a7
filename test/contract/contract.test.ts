import t from 'tap'
import { rows } from './rows.ts'
import { targetOf } from './service.ts'

// CONTRACT_URL names a service that runs already, with the stand-in for the stream server or a real one.
const address = process.env['CONTRACT_URL']
const target = await targetOf(t, address)

for (const { section, title, own, check } of rows) {
  const skip = own === true && address !== undefined ? 'needs a service that the suite starts itself' : false
  t.test(`${section} ${title}`, { skip }, async t => { await check(t, target) })
}
