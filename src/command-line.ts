import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, parseEnv } from 'node:util'
import { verdictWords, verifyHistory } from './history/verify.ts'
import { readOfficialConfig } from './official/official-config.ts'
import type { ShownConfig } from './official/shown-config.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Command =
  | {
    do: 'serve'
    env: Environment
    /** What to say before the start. */
    warnings: string[]
    /** The keys of an official configuration file that settings come from, by the setting's name. */
    origins: ReadonlyMap<string, string>
    /** That file, for the status page. */
    shown: ShownConfig
  }
  /** Say this and end with this exit code. */
  | { do: 'say', text: string, exitCode: 0 | 1 | 2 }

const usage = `Usage: slipway [options]
       slipway migrate <Config.js>
       slipway verify-history [--first <number>] [--last <hash>] <file> [<file>…]

Gives every CAD viewer a stream server process of its own.

  -c, --config-file <file>  start with the official server's configuration file, or with the UserConfig.js or Config.js
                            of a folder; the file is code and is run
  --env-file <file>         read settings from this file (default: .env, when it is there and no -c is given)
  --help                    show this
  --version                 show the version

  migrate                   print the settings an official configuration file stands for, as the text of a .env
  verify-history            look whether a file of SLIPWAY_HISTORY_FILE is whole, several of one history together: says how
                            many records there are and ends with 0, or names the line that is wrong and ends with 1
    --first <number>        the record that has to be there, with all behind it: 1 where no file was ever removed
    --last <hash>           what an earlier look called the last one's hash: that record has to be there still

Settings are environment variables; docs/configuration.md and .env.example list them.
`

/**
 * Reads Slipway's own command line. The environment wins over the file that `--env-file` names, and that over an official configuration
 * file. A `.env` of the working directory is read where neither is given: beside an official file the folder is another product's.
 */
export function readCommandLine (args: string[], env: Environment, packageDir: string): Command {
  const parsed = parse(args)
  if (typeof parsed === 'string') return { do: 'say', text: `slipway: ${parsed}\n\n${usage}`, exitCode: 2 }
  const { options, migrate, verify, known } = parsed
  if (options.help === true) return { do: 'say', text: usage, exitCode: 0 }
  if (options.version === true) {
    const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string }
    return { do: 'say', text: `${version}\n`, exitCode: 0 }
  }
  if (verify !== undefined) return { do: 'say', ...verdictWords(verifyHistory(verify, known)) }
  const given = migrate ?? options['config-file']
  const file = envFile(options['env-file'], given === undefined)
  if (typeof file === 'string') return { do: 'say', text: file, exitCode: 2 }
  if (given === undefined) return { do: 'serve', env: { ...file, ...env }, warnings: [], origins: new Map(), shown: { guarded: {}, whole: {} } }

  const nearer: Environment = { ...file, ...env }
  const official = readOfficialConfig(given, packageDir, nearer)
  if (official.status === 'invalid') {
    const { path, problems, warnings } = official
    return { do: 'say', text: `slipway: ${path} cannot be used:\n${[...problems, ...warnings.map(warning => `(${warning})`)].map(line => `  - ${line}\n`).join('')}`, exitCode: 2 }
  }
  if (migrate !== undefined) return { do: 'say', text: official.migration, exitCode: 0 }
  const origins = new Map([...official.origins].filter(([name]) => nearer[name] === undefined))
  return { do: 'serve', env: { ...official.settings, ...nearer }, warnings: official.warnings, origins, shown: official.shown }
}

/** The settings of the named file, else of the `.env` that is there and may be read, else none; or what is wrong with it. */
function envFile (named: string | undefined, orThatOfTheFolder: boolean): Environment | string {
  if (named === undefined && !(orThatOfTheFolder && statSync('.env', { throwIfNoEntry: false })?.isFile() === true)) return {}
  try {
    return parseEnv(readFileSync(named ?? '.env', 'utf8'))
  } catch (error) {
    return `slipway: ${named ?? '.env'} cannot be read (${(error as NodeJS.ErrnoException).code})\n`
  }
}

function parse (args: string[]) {
  try {
    const { values: options, positionals: [command, ...named] } = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean' }, version: { type: 'boolean' }, 'env-file': { type: 'string' }, 'config-file': { type: 'string', short: 'c' }, first: { type: 'string' }, last: { type: 'string' } }
    })
    const { first, last } = options
    if (command === 'verify-history') {
      if (named.length === 0) return 'verify-history takes the files of a history'
      if (first !== undefined && !/^[1-9]\d{0,14}$/.test(first)) return `--first: expected the number of a record, got ${first}`
      if (last !== undefined && !/^[0-9a-f]{64}$/.test(last)) return `--last: expected the hash of a record, 64 hexadecimal digits, got ${last}`
      return { options, verify: named, known: { ...first === undefined ? {} : { first: Number(first) }, ...last === undefined ? {} : { last } } }
    }
    if (first !== undefined || last !== undefined) return `--${first === undefined ? 'last' : 'first'} is for verify-history`
    if (command === undefined) return { options }
    if (command !== 'migrate') return `there is no command ${command}`
    const [migrate, ...more] = named
    if (migrate === undefined || more.length > 0) return 'migrate takes one official configuration file'
    return { options, migrate }
  } catch (error) {
    return (error as Error).message
  }
}
