// Writes what is generated from code: the configuration table, .env.example and the session lifecycle page.
import { writeFileSync } from 'node:fs'
import { renderConfigurationPage, renderEnvExample } from '../src/config/render.ts'
import { renderLifecyclePage } from '../src/sessions/lifecycle-page.ts'

writeFileSync('.env.example', renderEnvExample())
writeFileSync('docs/configuration.md', renderConfigurationPage())
writeFileSync('docs/session-lifecycle.md', renderLifecyclePage())
