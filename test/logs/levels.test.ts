import t from 'tap'
import { isWritten, levels } from '../../src/logs/levels.ts'

t.test('a log writes what is as severe as its level, or more', async t => {
  for (const level of levels) t.equal(isWritten(level, 'warn'), ['warn', 'error', 'fatal'].includes(level), level)
  for (const level of [...levels, 'none']) t.notOk(isWritten(level, 'silent'), level)
  t.notOk(isWritten('none', 'trace'))
})
