import neostandard from 'neostandard'

// The rooms of the house and who may import whom: docs/architecture.md. Each row forbids, it never allows.
const fastify = { regex: '^(fastify|fastify-plugin|@fastify/(?!proxy-addr$).*)$', message: 'The domain knows no Fastify: adapters live in plugins/.' }
const plugins = { regex: '(^|/)plugins/', message: 'Only src/app.ts registers plugins; plugins meet through decorators.' }
const siblingPlugin = { regex: '^\\./', message: 'A plugin never imports another plugin: meet through a decorator and `dependencies`.' }
const entry = { regex: '/(app|server)\\.ts$', message: 'Nobody imports the entry or the composition root.' }
const childProcess = { regex: '^(node:)?child_process$', message: 'Only the launcher starts processes.' }
const timers = { regex: '^(node:)?timers(/promises)?$', message: 'Time is an argument: take a Clock (src/clock.ts).' }
const processModule = { regex: '^(node:)?process$', message: 'The environment is an argument: only src/server.ts reads it.' }

/** Every room of src/ with the rooms it may look into; files that stand alone (clock, errors…) are for everybody. */
const rooms = {
  access: ['front'],
  compat: ['sessions', 'spawning', 'tunnel'],
  config: ['front', 'logs'],
  crashes: ['history', 'sessions', 'spawning'],
  front: ['sessions', 'tunnel'],
  history: ['sessions'],
  keeping: ['history', 'launcher', 'sessions', 'spawning'],
  launcher: ['spawning'],
  load: [],
  logs: ['sessions'],
  'model-folders': [],
  official: [],
  ports: [],
  sessions: ['ports'],
  spawning: ['load', 'ports', 'sessions', 'status'],
  status: [],
  tls: [],
  'stream-server': [],
  tunnel: [],
  viewer: ['stream-server']
}
const others = (name, allowed) => {
  const closed = Object.keys(rooms).filter(room => room !== name && !allowed.includes(room))
  return { regex: `^(\\.\\./)+(${closed.join('|')})/`, message: `${name} may not look into this room: docs/architecture.md.` }
}
const startsProcesses = ['src/launcher/**/*.ts', 'src/stream-server/models/preparation.ts', 'src/tunnel/carrier-process.ts']

const forbid = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] })

const time = ['setTimeout', 'setInterval', 'setImmediate'].map(name => ({ name, message: 'Time is an argument: take a Clock (src/clock.ts).' }))
const now = { object: 'Date', property: 'now', message: 'Time is an argument: take a Clock (src/clock.ts).' }
const env = { object: 'process', property: 'env', message: 'The environment is an argument: only src/server.ts reads it.' }

export default [
  ...neostandard({ ts: true, ignores: ['dist', 'public/assets', '.tap', '.slipway', 'node_modules'] }),
  { files: ['src/*.ts'], ignores: ['src/app.ts', 'src/server.ts'], rules: forbid(fastify, plugins, entry, childProcess, timers, processModule) },
  { files: ['src/app.ts'], rules: forbid({ regex: '/server\\.ts$', message: entry.message }, childProcess, timers, processModule) },
  { files: ['plugins/**/*.ts'], rules: forbid(siblingPlugin, entry, childProcess, timers, processModule) },
  ...Object.entries(rooms).flatMap(([name, allowed]) => {
    const rules = [fastify, plugins, entry, timers, processModule, others(name, allowed)]
    return [
      { files: [`src/${name}/**/*.ts`], ignores: startsProcesses, rules: forbid(...rules, childProcess) },
      { files: startsProcesses.filter(file => file.startsWith(`src/${name}/`)), rules: forbid(...rules) }
    ].filter(row => row.files.length > 0)
  }),
  { files: ['lib/**/*.js'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: ['src/**/*.ts', 'plugins/**/*.ts'],
    ignores: ['src/clock.ts', 'src/next-turn.ts', 'src/viewer/**'],
    rules: {
      'no-restricted-globals': ['error', ...time],
      'no-restricted-properties': ['error', now, env]
    }
  },
  { files: ['src/server.ts'], rules: { 'no-restricted-properties': ['error', now] } },
  { files: ['**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'error', 'no-void': ['error', { allowAsStatement: true }] } }
]
