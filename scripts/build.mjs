// Builds what runs: the service (tsc, dist/), the stream server (one bundled file) and the pages' code (public/assets).
// A bundle starts in half the time of loose modules, and the stream server is started for every viewer.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { isOutdated, nativeCarrier, nativeLauncher } from './build-native.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const started = performance.now()
for (const name of existsSync('dist') ? readdirSync('dist') : []) if (name !== 'native') rmSync(`dist/${name}`, { recursive: true })
if (isOutdated(nativeLauncher) || isOutdated(nativeCarrier)) spawnSync(process.execPath, ['scripts/build-native.mjs', '--outdated'], { stdio: 'inherit' })

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

// Some bundled CommonJS modules ask for `require`; an ES module has none of its own.
const banner = { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" }
const node = { bundle: true, platform: 'node', format: 'esm', target: 'node20', outExtension: { '.js': '.mjs' }, banner, logLevel: 'warning', external: ['sharp', 'bufferutil', 'utf-8-validate', 'draco3dgltf', 'occt-import-js', 'webgpu'] }
await build({ ...node, entryPoints: ['src/stream-server/main.ts', 'src/stream-server/export.ts', 'src/stream-server/prepare.ts', 'src/stream-server/prepare-guard.ts', 'src/stream-server/render.ts', 'src/stream-server/unpack.ts'], outdir: 'dist/stream-server' })
// three.js tells copies of itself in one page by a global, which a viewer in somebody's page has no use for.
const withoutGlobal = {
  name: 'without-global',
  setup ({ onLoad }) {
    onLoad({ filter: /three\.core\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const contents = text.replace('if ( window.__THREE__ ) {', 'if ( false ) {').replace('window.__THREE__ = REVISION;', '')
      if (contents.includes('__THREE__')) throw new Error('three.js leaves its global in another way than scripts/build.mjs knows')
      return { contents, loader: 'js' }
    })
  }
}
await build({
  plugins: [withoutGlobal],
  entryPoints: ['src/viewer/page.ts', 'src/viewer/hwv.ts', 'src/viewer/viewer.ts', 'src/viewer/embed.ts'],
  outdir: 'public/assets',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: true,
  logLevel: 'warning'
})
// Declarations and nothing else, so that it is its own declaration file.
cpSync('src/viewer/api.ts', 'public/assets/viewer.d.ts')
if (existsSync('src/stream-server/assets')) cpSync('src/stream-server/assets', 'dist/stream-server/assets', { recursive: true })
for (const file of ['dist/src/server.js', 'dist/stream-server/main.mjs']) if (existsSync(file)) chmodSync(file, 0o755)
console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
