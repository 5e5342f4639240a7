import { readFile } from 'node:fs/promises'
import t from 'tap'
import { renderConfigurationPage, renderEnvExample } from '../../src/config/render.ts'

t.test('.env.example is what the schema says; else run `npm run docs`', async t => {
  t.equal(await readFile('.env.example', 'utf8'), renderEnvExample())
})

t.test('docs/configuration.md is what the schema says; else run `npm run docs`', async t => {
  t.equal(await readFile('docs/configuration.md', 'utf8'), renderConfigurationPage())
})
