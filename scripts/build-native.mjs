// Builds the native programs, dist/native/slipway-launcher and slipway-carrier, where there is a C compiler and Linux; nothing needs them: `npm run build:native`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const native = join(root, 'native')
export const nativeLauncher = join(root, 'dist/native/slipway-launcher')
export const nativeCarrier = join(root, 'dist/native/slipway-carrier')

const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong', '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2', '-fPIE', '-pie']

/** Name of a C compiler that is here: the one in CC, cc, gcc or clang. Undefined: there is none, or this is not Linux. */
export function findCompiler () {
  if (process.platform !== 'linux') return undefined
  const names = [...process.env.CC ? [process.env.CC] : [], 'cc', 'gcc', 'clang']
  return names.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
}

/** A program's own sources, and the loop they share. */
const sourcesOf = name => [join(native, 'loop.c'), ...readdirSync(join(native, name)).filter(file => file.endsWith('.c')).map(file => join(native, name, file))]
export const launcherSources = sourcesOf('launcher')
export const carrierSources = sourcesOf('carrier')
const programs = [[nativeLauncher, launcherSources], [nativeCarrier, carrierSources]]

/** Compiles C programs into `file`; one that runs from there meanwhile keeps what it has. @throws Error with the compiler's words. */
export function compile (compiler, file, sources, more = []) {
  mkdirSync(dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}.new`
  const { status, stderr, error } = spawnSync(compiler, [...flags, ...more, '-I', join(native, 'launcher'), '-o', unfinished, ...sources], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${compiler} cannot build ${file}:\n${error?.message ?? stderr}`)
  renameSync(unfinished, file)
}

/** Whether a native program is there that is older than any of the sources. */
export function isOutdated (file) {
  const newest = Math.max(...readdirSync(native, { recursive: true }).map(name => statSync(join(native, name)).mtimeMs))
  return existsSync(file) && statSync(file).mtimeMs < newest
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const compiler = findCompiler()
  try {
    if (compiler === undefined) {
      throw new Error(process.platform === 'linux'
        ? 'There is no C compiler (cc, gcc or clang), so there are no native programs. Slipway does the same without them. On Debian: sudo apt-get install gcc libc6-dev'
        : 'The native programs are for Linux. Slipway does the same without them.')
    }
    for (const [file, sources] of programs) {
      if (process.argv[2] === '--outdated' && !isOutdated(file)) continue
      compile(compiler, file, sources)
      console.log(`built ${file} with ${compiler}`)
    }
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
