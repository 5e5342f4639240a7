// What the tests need beside npm packages: a browser, Prometheus, OpenSSL, nginx, HAProxy, Caddy and a C compiler, all from Debian.
// Installs them where it may (root on Debian), else says what to install. Nothing is skipped silently.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const needs = [['/usr/bin/openssl', 'openssl'], ['/usr/bin/chromium', 'chromium'], ['/usr/bin/prometheus', 'prometheus'], ['/usr/bin/promtool', 'prometheus'], ['/usr/sbin/nginx', 'nginx-light'], ['/usr/sbin/haproxy', 'haproxy'], ['/usr/bin/caddy', 'caddy'], ['/usr/bin/gcc', 'gcc'], ['/usr/include/stdio.h', 'libc6-dev']]
const missing = [...new Set(needs.filter(([path]) => !existsSync(path)).map(([, name]) => name))]
if (missing.length > 0) {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!mayInstall) {
    console.error(`The tests need ${missing.join(' and ')}. On Debian: sudo apt-get install ${missing.join(' ')}`)
    process.exit(1)
  }
  console.log(`Installing ${missing.join(' and ')} from Debian…`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { stdio: ['ignore', 'ignore', 'inherit'], env })
}
