// Runs a TypeScript program of this repository on every Node it supports: `node scripts/run.mjs bench/main.ts [args]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const [entry, ...args] = process.argv.slice(2)
// Below node_modules, so that the bundle finds the packages it leaves outside.
const folder = mkdtempSync(join('node_modules', '.slipway-run-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
const outfile = join(folder, 'program.mjs')
await build({ entryPoints: [entry], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', sourcemap: 'inline', logLevel: 'warning' })
process.argv = [process.argv[0], entry, ...args]
await import(pathToFileURL(outfile).href)
