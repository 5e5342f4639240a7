// Runs npm scripts at the same time, each of which needs one processor alone: `node scripts/side-by-side.mjs eslint build`. Fails when one of them does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const codes = await Promise.all(process.argv.slice(2).map(async name => {
  const [code] = await once(spawn(`npm run --silent ${name}`, { shell: true, stdio: 'inherit' }), 'exit')
  return code
}))
process.exitCode = codes.every(code => code === 0) ? 0 : 1
