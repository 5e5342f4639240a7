// Writes what is generated from code: the configuration table, .env.example, the session lifecycle page and the table of the compatibility page.
import { readFileSync, writeFileSync } from 'node:fs'
import { renderConfigurationPage, renderEnvExample } from '../src/config/render.ts'
import { renderLifecyclePage } from '../src/sessions/lifecycle-page.ts'
import { withContractTable } from '../test/contract/page.ts'

writeFileSync('.env.example', renderEnvExample())
writeFileSync('docs/configuration.md', renderConfigurationPage())
writeFileSync('docs/session-lifecycle.md', renderLifecyclePage())
writeFileSync('docs/compatibility.md', withContractTable(readFileSync('docs/compatibility.md', 'utf8')))
