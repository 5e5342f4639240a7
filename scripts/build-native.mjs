// Builds the native launcher, dist/native/slipway-launcher, where there is a C compiler and Linux; nothing needs it: `npm run build:native`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = join(root, 'native/launcher')
export const nativeLauncher = join(root, 'dist/native/slipway-launcher')

const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong', '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2', '-fPIE', '-pie']

/** Name of a C compiler that is here: the one in CC, cc, gcc or clang. Undefined: there is none, or this is not Linux. */
export function findCompiler () {
  if (process.platform !== 'linux') return undefined
  const names = [...process.env.CC ? [process.env.CC] : [], 'cc', 'gcc', 'clang']
  return names.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
}

/** The launcher's own sources. */
export const launcherSources = readdirSync(sources).filter(name => name.endsWith('.c')).map(name => join(sources, name))

/** Compiles C programs into `file`; one that runs from there meanwhile keeps what it has. @throws Error with the compiler's words. */
export function compile (compiler, file, programs = launcherSources, more = []) {
  mkdirSync(dirname(file), { recursive: true })
  const { status, stderr, error } = spawnSync(compiler, [...flags, ...more, '-I', sources, '-o', `${file}.new`, ...programs], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${compiler} cannot build ${file}:\n${error?.message ?? stderr}`)
  renameSync(`${file}.new`, file)
}

/** Whether there is a native launcher that is older than its sources. */
export function isOutdated () {
  const newest = Math.max(...readdirSync(sources).map(name => statSync(join(sources, name)).mtimeMs))
  return existsSync(nativeLauncher) && statSync(nativeLauncher).mtimeMs < newest
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const compiler = findCompiler()
  try {
    if (compiler === undefined) {
      throw new Error(process.platform === 'linux'
        ? 'There is no C compiler (cc, gcc or clang), so there is no native launcher. The one in JavaScript does the same. On Debian: sudo apt-get install gcc libc6-dev'
        : 'The native launcher is for Linux. The one in JavaScript does the same.')
    }
    compile(compiler, nativeLauncher)
    console.log(`built ${nativeLauncher} with ${compiler}`)
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
