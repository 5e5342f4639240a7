import t from 'tap'
import { readCommandLine, type Environment } from '../src/command-line.ts'
import { complete } from './fixtures/official-file.ts'

/** The environment the service would start with, or what it says instead. */
function served (args: string[], env: Environment) {
  const command = readCommandLine(args, env, '/')
  return command.do === 'serve' ? command.env : command
}

t.test('nothing said: serve with the environment as it is', async t => {
  t.chdir(t.testdir({}))
  t.same(served([], { SLIPWAY_PORT: '1', HOME: '/h' }), { SLIPWAY_PORT: '1', HOME: '/h' })
})

t.test('a file .env in the working directory is read, and the environment wins over it', async t => {
  t.chdir(t.testdir({ '.env': '# a comment\nSLIPWAY_PORT=1\nSLIPWAY_HOST="::1"\n\nSLIPWAY_MODEL_DIRS=/a;/b\n' }))
  t.same(served([], { SLIPWAY_PORT: '2' }), { SLIPWAY_PORT: '2', SLIPWAY_HOST: '::1', SLIPWAY_MODEL_DIRS: '/a;/b' })
})

t.test('another file may be named; .env is not read then', async t => {
  const dir = t.testdir({ '.env': 'SLIPWAY_PORT=1\n', 'other.env': 'SLIPWAY_HOST=::1\n' })
  t.chdir(dir)
  for (const args of [['--env-file', 'other.env'], ['--env-file=other.env'], ['--env-file', `${dir}/other.env`]]) {
    t.same(served(args, {}), { SLIPWAY_HOST: '::1' })
  }
})

t.test('a file that was named and cannot be read is told', async t => {
  t.chdir(t.testdir({ folder: {} }))
  t.same(readCommandLine(['--env-file', 'none'], {}, '/'), { do: 'say', text: 'slipway: none cannot be read (ENOENT)\n', exitCode: 2 })
  t.same(readCommandLine(['--env-file', 'folder'], {}, '/'), { do: 'say', text: 'slipway: folder cannot be read (EISDIR)\n', exitCode: 2 })
})

t.test('a folder of the name .env is none of ours', async t => {
  t.chdir(t.testdir({ '.env': {} }))
  t.same(served([], { SLIPWAY_PORT: '2' }), { SLIPWAY_PORT: '2' })
})

t.test('beside an official configuration file, the .env of the folder is read only when it is named', async t => {
  t.chdir(t.testdir({ '.env': 'SLIPWAY_PORT=1\nSLIPWAY_HOST=::1\n', 'Config.js': `module.exports = ${JSON.stringify({ ...complete, communicatorDir: '.', modelDirs: [], logRestFilterRegex: null })}` }))
  for (const args of [['-c', '.'], ['--config-file', 'Config.js']]) {
    t.match(served(args, {}), { SLIPWAY_PORT: '11182', SLIPWAY_HOST: /^(::|0\.0\.0\.0)$/ })
    t.match(served([...args, '--env-file', '.env'], { SLIPWAY_HOST: '127.0.0.1' }), { SLIPWAY_PORT: '1', SLIPWAY_HOST: '127.0.0.1' })
  }
})

t.test('help and version', async t => {
  const dir = t.testdir({ 'package.json': '{"version":"1.2.3"}' })
  t.match(readCommandLine(['--help'], {}, dir), { do: 'say', text: /^Usage: slipway \[options\]\n[^]*--env-file <file>[^]*--help[^]*--version/, exitCode: 0 })
  t.same(readCommandLine(['--version'], {}, dir), { do: 'say', text: '1.2.3\n', exitCode: 0 })
})

t.test('a history is verified; a file that cannot be read is told', async t => {
  const dir = t.testdir({ history: 'no record\n', empty: '' })
  t.same(readCommandLine(['verify-history', `${dir}/history`], {}, '/'), { do: 'say', text: `${dir}/history, line 1: it is no record\n`, exitCode: 1 })
  t.same(readCommandLine(['verify-history', `${dir}/empty`], {}, '/'), { do: 'say', text: '0 records\n', exitCode: 0 })
  t.match(readCommandLine(['verify-history', `${dir}/empty`, `${dir}/none`], {}, '/'), { do: 'say', exitCode: 2, text: /none cannot be read \(ENOENT\)/ })
})

t.test('what is known of a history is asked for, too', async t => {
  const dir = t.testdir({ empty: '' })
  t.same(readCommandLine(['verify-history', '--first', '1', `${dir}/empty`], {}, '/'), { do: 'say', text: 'record 1 is not there, nor any other\n', exitCode: 1 })
  t.match(readCommandLine(['verify-history', '--last', 'a'.repeat(64), `${dir}/empty`], {}, '/'), { do: 'say', text: /^no record has the hash a+:/, exitCode: 1 })
  for (const wrong of [['--first', '0'], ['--first', 'one'], ['--last', 'abc'], ['--last', 'A'.repeat(64)]]) {
    t.match(readCommandLine(['verify-history', ...wrong, `${dir}/empty`], {}, '/'), { do: 'say', text: new RegExp(`^slipway: ${wrong[0]}: expected .*, got ${wrong[1]}\n`), exitCode: 2 })
  }
  t.match(readCommandLine(['--first', '1'], {}, '/'), { do: 'say', text: /^slipway: --first is for verify-history/, exitCode: 2 })
})

t.test('what is no option is told with what there is', async t => {
  for (const [args, word] of [[['--port', '80'], '--port'], [['start'], 'start'], [['migrate'], 'migrate'], [['migrate', 'a', 'b'], 'migrate'], [['verify-history'], 'verify-history'], [['-h'], '-h'], [['--env-file'], '--env-file'], [['--help=yes'], '--help']] as const) {
    const command = readCommandLine([...args], {}, '/')
    t.match(command, { do: 'say', exitCode: 2, text: /^slipway: .+\n\nUsage: slipway / })
    t.match(command.do === 'say' ? command.text : '', word)
  }
})
