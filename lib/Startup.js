'use strict'
// The official server's way to start: `node --expose-gc <somewhere>/lib/Startup.js --config-file <file>`, from any working directory.
// Without a file, the one in the working directory is taken: UserConfig.js before Config.js.
const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

const program = join(__dirname, '..', 'dist', 'src', 'server.js')
const decided = process.argv.slice(2).some(argument => /^(-c|--(config-file|version|help)\b)/.test(argument))

if (existsSync(program)) {
  if (!decided) process.argv.push('--config-file', '.')
  import(pathToFileURL(program).href)
} else {
  process.stderr.write(`slipway: it is not built: ${program} is missing; run npm run build in ${join(__dirname, '..')}\n`)
  process.exitCode = 2
}
