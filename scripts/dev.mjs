// `npm run dev`: builds, runs, and does both again whenever a source changes.
import { spawn, spawnSync } from 'node:child_process'
import { watch } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
let service
let timer
let busy = false
let again = false

const runs = () => service !== undefined && service.exitCode === null && service.signalCode === null

async function restart () {
  if (busy) {
    again = true
    return
  }
  busy = true
  if (runs()) {
    service.kill('SIGINT')
    await once(service, 'exit')
  }
  const build = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  if (build.status === 0) service = spawn(process.execPath, ['--enable-source-maps', 'dist/src/server.js', ...process.argv.slice(2)], { stdio: 'inherit' })
  busy = false
  if (again) {
    again = false
    await restart()
  }
}

for (const folder of ['src', 'plugins']) {
  watch(folder, { recursive: true }, () => {
    clearTimeout(timer)
    timer = setTimeout(restart, 150)
  })
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    clearTimeout(timer)
    if (runs()) {
      service.kill(signal)
      await once(service, 'exit')
    }
    process.exit(0)
  })
}
await restart()
