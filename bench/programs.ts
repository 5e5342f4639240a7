import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'

/** What the measurements run, made on the spot in a folder that goes with this process. */
export interface Programs {
  folder: string
  /** Paths of the programs in C; undefined: there is no C compiler. */
  native: Readonly<Record<'stand-in' | 'floor-manager' | 'splice-proxy' | 'viewer' | 'load', string>> | undefined
  compiler: string
  /** Path of a program in JavaScript: a peer, or something that is loaded into a process before its own code. */
  script (name: string): string
}

const sources = {
  'stand-in': ['stand-in.c', 'viewer-line.c', 'handshake.c', 'net.c'],
  'floor-manager': ['floor-manager.c', 'net.c'],
  'splice-proxy': ['splice-proxy.c', 'net.c'],
  viewer: ['viewer.c', 'net.c'],
  load: ['load.c', 'net.c']
}
const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-static']

/** Compiles the programs in C, where there is a compiler, and those in TypeScript. */
export async function makePrograms (): Promise<Programs> {
  // Below node_modules, so that the peers find their packages.
  const folder = resolve(mkdtempSync(join('node_modules', '.slipway-bench-')))
  process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  const scripts = ['peers', 'inside'].flatMap(room => readdirSync(join('bench', room)).map(name => join('bench', room, name)))
  await build({ entryPoints: scripts, outdir: folder, outbase: 'bench', entryNames: '[name]', outExtension: { '.js': '.mjs' }, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' })
  const compiler = findCompiler()
  if (compiler !== undefined) {
    for (const [name, files] of Object.entries(sources)) execFileSync(compiler, [...flags, '-o', join(folder, name), ...files.map(file => join('bench', 'native', file))], { stdio: 'inherit' })
  }
  return {
    folder,
    native: compiler === undefined ? undefined : Object.fromEntries(Object.keys(sources).map(name => [name, join(folder, name)])) as NonNullable<Programs['native']>,
    compiler: compiler ?? 'none',
    script: name => join(folder, `${basename(name)}.mjs`)
  }
}

function findCompiler (): string | undefined {
  if (process.platform !== 'linux') return undefined
  return ['cc', 'gcc', 'clang'].find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
}
