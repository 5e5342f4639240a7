import { readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { compileFunction } from 'node:vm'

/** What an official configuration file says, and the folder its own paths start at. */
export interface ConfigFile {
  path: string
  exported: Record<string, unknown>
  /**
   * Officially `server/node`: the folder above the `lib/SpawnerTypes` that the file requires, there or not. The file's own folder
   * when it requires none, or ours.
   */
  serverDir: string
}

/** A file as it is, or why it cannot be used: one line that begins with its path. */
export type ConfigFileResult =
  | { status: 'loaded', file: ConfigFile }
  | { status: 'failed', problem: string }

interface LoadedModule {
  exports: unknown
  id: string
  filename: string
  path: string
  loaded: boolean
  require: (specifier: string) => unknown
}

const typesPath = /(^|\/)lib\/SpawnerTypes(\.js)?$/i

/**
 * Runs an official configuration file: a CommonJS module, so it is code with all that code may do. Whatever path it gives for
 * `lib/SpawnerTypes` leads to ours; modules beside it are loaded the same way; what is left is Node's own `require`.
 *
 * @param given the file, or a folder in which UserConfig.js is taken before Config.js
 * @param packageDir where our `lib` is
 */
export function loadConfigFile (given: string, packageDir: string): ConfigFileResult {
  const found = find(resolve(given))
  if (found === undefined) return { status: 'failed', problem: `there is neither UserConfig.js nor Config.js in ${resolve(given)}` }
  const path = real(found)
  const ourTypes = join(packageDir, 'lib', 'SpawnerTypes.js')
  // A file may look at what is loaded, and make it be loaded once more.
  const cache: Record<string, LoadedModule> = {}
  const main = { exports: {}, id: '.', filename: join(packageDir, 'lib', 'Startup.js'), path: join(packageDir, 'lib'), loaded: true }
  const files: string[] = []
  let serverDir: string | undefined

  const load = (file: string): unknown => {
    const known = cache[file]
    if (known !== undefined) return known.exports
    const native = createRequire(file)
    const require = (specifier: string): unknown => {
      const asked = String(specifier).replaceAll('\\', '/')
      if (typesPath.test(asked)) {
        const types = resolve(dirname(file), asked)
        if (types !== ourTypes && `${types}.js` !== ourTypes) serverDir ??= dirname(dirname(types))
        return native(ourTypes)
      }
      const wanted = native.resolve(asked)
      return /^(\.|\/|[a-z]:)/i.test(asked) && extname(wanted) === '.js' ? load(wanted) : native(wanted)
    }
    Object.assign(require, { resolve: native.resolve, cache, main })
    const module: LoadedModule = { exports: {}, id: file, filename: file, path: dirname(file), loaded: false, require }
    cache[file] = module
    files.push(file)
    const run = compileFunction(source(file), ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file })
    run.call(module.exports, module.exports, require, module, file, dirname(file))
    module.loaded = true
    return module.exports
  }

  try {
    const exported = load(path)
    if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) return { status: 'failed', problem: `${path}: expected module.exports to be the configuration, an object with keys` }
    return { status: 'loaded', file: { path, exported: { ...exported }, serverDir: serverDir ?? dirname(path) } }
  } catch (error) {
    return { status: 'failed', problem: inOneLine(error, [path, ...files]) }
  }
}

function find (given: string): string | undefined {
  if (statSync(given, { throwIfNoEntry: false })?.isDirectory() !== true) return given
  return ['UserConfig.js', 'Config.js'].map(name => join(given, name)).find(file => statSync(file, { throwIfNoEntry: false })?.isFile())
}

/** Where a link leads: as for Node's own `require`, what stands beside the file itself counts. What is not there is told when it is read. */
function real (path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Without a byte order mark, and with a `#!` line that is no longer one. */
const source = (file: string) => readFileSync(file, 'utf8').replace(/^\uFEFF/, '').replace(/^#!/, '//')

/** What went wrong, and where in the user's own files it did. */
function inOneLine (error: unknown, files: readonly string[]): string {
  const path = files[0]
  if (!(error instanceof Error)) return `${path}: ${String(error)}`
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall !== undefined && (error as NodeJS.ErrnoException).path === path) return `${path} cannot be read (${code})`
  const message = `${error.name}: ${error.message.split('\n')[0]}`
  const places = files.flatMap(file => {
    const at = error.stack?.indexOf(`${file}:`) ?? -1
    const line = at === -1 ? undefined : /^\d+/.exec(error.stack?.slice(at + file.length + 1) ?? '')?.[0]
    return line === undefined ? [] : [{ at, place: `${file}:${line}` }]
  })
  const [first] = places.sort((a, b) => a.at - b.at)
  return `${first?.place ?? path}: ${message}`
}
