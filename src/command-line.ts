import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, parseEnv } from 'node:util'

export type Command =
  | { do: 'serve', env: Record<string, string | undefined> }
  /** Say this and end with this exit code. */
  | { do: 'say', text: string, exitCode: 0 | 2 }

const usage = `Usage: slipway [options]

Gives every CAD viewer a stream server process of its own.

  --env-file <file>  read settings from this file (default: .env, when it is there)
  --help             show this
  --version          show the version

Settings are environment variables; docs/configuration.md and .env.example list them.
`

/** Reads Slipway's own command line. The environment wins over the file. */
export function readCommandLine (args: string[], env: Readonly<Record<string, string | undefined>>, packageDir: string): Command {
  const parsed = parse(args)
  if (typeof parsed === 'string') return { do: 'say', text: `slipway: ${parsed}\n\n${usage}`, exitCode: 2 }
  if (parsed.help === true) return { do: 'say', text: usage, exitCode: 0 }
  if (parsed.version === true) {
    const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string }
    return { do: 'say', text: `${version}\n`, exitCode: 0 }
  }
  try {
    return { do: 'serve', env: { ...parseEnv(readFileSync(parsed['env-file'] ?? '.env', 'utf8')), ...env } }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (parsed['env-file'] === undefined && code === 'ENOENT') return { do: 'serve', env: { ...env } }
    return { do: 'say', text: `slipway: ${parsed['env-file'] ?? '.env'} cannot be read (${code})\n`, exitCode: 2 }
  }
}

function parse (args: string[]) {
  try {
    return parseArgs({ args, options: { help: { type: 'boolean' }, version: { type: 'boolean' }, 'env-file': { type: 'string' } } }).values
  } catch (error) {
    return (error as Error).message
  }
}
