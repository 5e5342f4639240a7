import { readFileSync } from 'node:fs'
import t from 'tap'
import { readMessage } from '../../src/stream-server/client-message.ts'
import { closeCodes } from '../../src/stream-server/protocol.ts'
import { readServerMessage } from '../../src/viewer/server-message.ts'
import { chance } from '../fuzz/mutation.ts'
import { clientMessage, clientTypes, serverMessage, serverTypes } from '../fuzz/messages.ts'

const page = readFileSync('docs/stream-protocol.md', 'utf8')
const [, viewer = '', server = ''] = /### From the viewer\n([^]*?)### From the server\n([^]*?)\n## /.exec(page) ?? []

/** Of each message in a table: the fields that are named, and the example. */
function rows (table: string): Map<string, { fields: string, example: string }> {
  return new Map([...table.matchAll(/^\| `(\w+)` \| (.*?) ?\| (?:`(\{.*\})`|below) \|$/gm)].map(([, type = '', fields = '', example]) => [type, { fields, example: example ?? /```json\n([^]*?)```/.exec(table)?.[1] ?? '' }]))
}

t.test('the page of the protocol has every message with its fields, and examples that are understood', async t => {
  const pick = chance(5)
  const said = rows(viewer)
  t.same([...said.keys()].sort(), [...clientTypes].sort())
  for (const [type, { example }] of said) t.same(readMessage(example), { ok: true, message: JSON.parse(example) as object }, type)
  const told = rows(server)
  t.same([...told.keys()].sort(), [...serverTypes].sort())
  for (const [type, { example }] of told) t.same(readServerMessage(example), JSON.parse(example), type)
  for (const [types, make, known] of [[clientTypes, clientMessage, said], [serverTypes, serverMessage, told]] as const) {
    for (const type of types) {
      // Often enough to have what may be left out.
      const keys = new Set(Array.from({ length: 20 }, () => Object.keys((make as (type: string, pick: (below: number) => number) => object)(type, pick))).flat())
      for (const key of keys) if (key !== 'type') t.ok(known.get(type)?.fields.includes(`\`${key}\``), `${type} has ${key}`)
    }
  }
  for (const code of Object.keys(closeCodes)) t.ok(told.get('error')?.fields.includes(`\`${code}\``), code)
})
