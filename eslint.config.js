import neostandard from 'neostandard'

// The rooms of the house and who may import whom: docs/architecture.md. Each row forbids, it never allows.
const fastify = { regex: '^(fastify|fastify-plugin|@fastify/.*)$', message: 'The domain knows no Fastify: adapters live in plugins/.' }
const plugins = { regex: '(^|/)plugins/', message: 'Only src/app.ts registers plugins; plugins meet through decorators.' }
const siblingPlugin = { regex: '^\\./', message: 'A plugin never imports another plugin: meet through a decorator and `dependencies`.' }
const entry = { regex: '/(app|server)\\.ts$', message: 'Nobody imports the entry or the composition root.' }
const childProcess = { regex: '^(node:)?child_process$', message: 'Only the launcher starts processes.' }
const room = (...names) => ({ regex: `^\\.\\./(${names.join('|')})/`, message: 'This room may not look into that one: docs/architecture.md.' })
const forbid = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] })

const time = ['setTimeout', 'setInterval', 'setImmediate'].map(name => ({ name, message: 'Time is an argument: take a Clock (src/clock.ts).' }))
const now = { object: 'Date', property: 'now', message: 'Time is an argument: take a Clock (src/clock.ts).' }
const env = { object: 'process', property: 'env', message: 'The environment is an argument: only src/server.ts reads it.' }

export default [
  ...neostandard({ ts: true, ignores: ['dist', 'public/assets', '.tap', '.slipway', 'node_modules'] }),
  {
    files: ['src/**/*.ts'],
    ignores: ['src/app.ts', 'src/server.ts'],
    rules: forbid(fastify, plugins, entry, childProcess)
  },
  { files: ['src/app.ts'], rules: forbid({ regex: '/server\\.ts$', message: entry.message }, childProcess) },
  { files: ['plugins/**/*.ts'], rules: forbid(siblingPlugin, entry, childProcess) },
  { files: ['src/ports/**/*.ts', 'src/tunnel/**/*.ts', 'src/status/**/*.ts'], rules: forbid(fastify, plugins, entry, childProcess, room('sessions', 'spawning', 'launcher', 'stream-server', 'config')) },
  { files: ['src/sessions/**/*.ts'], rules: forbid(fastify, plugins, entry, childProcess, room('spawning', 'launcher', 'tunnel', 'stream-server', 'config')) },
  { files: ['src/spawning/**/*.ts'], rules: forbid(fastify, plugins, entry, childProcess, room('launcher', 'tunnel', 'stream-server', 'config')) },
  { files: ['src/official/**/*.ts'], rules: forbid(fastify, plugins, entry, childProcess, room('sessions', 'ports', 'spawning', 'status', 'compat', 'launcher', 'tunnel', 'stream-server', 'config')) },
  { files: ['src/launcher/**/*.ts'], rules: forbid(fastify, plugins, entry, room('sessions', 'ports', 'tunnel', 'stream-server', 'config', 'status')) },
  { files: ['src/stream-server/**/*.ts'], rules: forbid(fastify, plugins, entry, childProcess, { regex: '(^|/)\\.\\./(sessions|ports|spawning|launcher|tunnel|status|config|viewer)/', message: 'The stream server is a house of its own.' }) },
  { files: ['src/stream-server/models/preparation.ts'], rules: forbid(fastify, plugins, entry) },
  { files: ['lib/**/*.js'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: ['src/**/*.ts', 'plugins/**/*.ts'],
    ignores: ['src/clock.ts', 'src/viewer/**'],
    rules: {
      'no-restricted-globals': ['error', ...time],
      'no-restricted-properties': ['error', now, env]
    }
  },
  { files: ['src/server.ts'], rules: { 'no-restricted-properties': ['error', now] } },
  { files: ['**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'error', 'no-void': ['error', { allowAsStatement: true }] } }
]
