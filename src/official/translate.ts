import { closest } from 'fastest-levenshtein'
import { inspect } from 'node:util'
import type { ConfigFile } from './config-file.ts'
import { keys, type OfficialKey, type Settings } from './keys.ts'
import { absolute, type Place } from './place.ts'
import { brokenRules } from './rules.ts'
import { shownConfig, type ShownConfig } from './shown-config.ts'
import { inOneLine, nameInWords, withoutSecrets } from './tellable.ts'

/** What became of one key. */
export interface TranslatedKey {
  key: OfficialKey
  settings: Settings
}

const names = keys.map(({ name }) => name)
const renderers = ['csr', 'ssr'] as const

/** The entries of SLIPWAY_CSR_ARGS and SLIPWAY_SSR_ARGS. */
export type OwnArguments = Readonly<Record<typeof renderers[number], readonly string[]>>

/** Settings for every key, in their order, and what to say of them; or all that is wrong. Every problem and every warning is one line without secrets. */
export type Translation =
  | { status: 'translated', keys: TranslatedKey[], warnings: string[], shown: ShownConfig }
  | { status: 'invalid', problems: string[], warnings: string[] }

/** In the official server's manner, whatever its file says: nobody is asked to slow down, and an end is an end at once. */
export const manners: Settings = { SLIPWAY_SPAWN_RATE_LIMIT: '0', SLIPWAY_DRAIN_TIMEOUT: '0' }

/**
 * Turns an official configuration into Slipway's settings. Every problem is told, not only the first: required keys that are missing,
 * values of the wrong kind, values that do not go together. What is merely missing, unknown or for the user to give is a warning.
 *
 * @param own arguments that the user gives stream servers himself, for each renderer
 */
export function translate ({ exported, serverDir }: ConfigFile, place: Place, own: OwnArguments): Translation {
  const problems: string[] = []
  const extra = unknownEntries(exported)
  const warnings = Object.keys(extra).map(name => `${nameInWords(name)}: there is no such key; did you mean ${closest(name, names)}?`)
  const unusable = new Set<string>()
  const config: Record<string, unknown> = {}
  for (const { name, kind, required, fallback, secret } of keys) {
    const given = exported[name]
    if (given === undefined && !required) {
      config[name] = fallback
      warnings.push(`${name}: it is missing; its default applies: ${shown(fallback)}`)
      continue
    }
    config[name] = given
    if (kind.fits(given)) continue
    unusable.add(name)
    problems.push(`${name}: ${given === undefined ? 'it is missing; ' : ''}expected ${kind.words}${given === undefined ? '' : `, got ${secret ? 'something else' : shown(given)}`}`)
  }
  problems.push(...brokenRules(config, unusable))
  if (problems.length > 0) return { status: 'invalid', problems: problems.map(inOneLine), warnings: warnings.map(inOneLine) }

  const packageDir = absolute(String(config['communicatorDir']), serverDir, place.home)
  if (!place.exists(packageDir)) warnings.push(`communicatorDir: ${packageDir} is not there`)
  const path = (given: string) => absolute(given, packageDir, place.home)
  const translated = keys.map(key => {
    const value = config[key.name]
    const present = (given: readonly string[]) => [...new Set(given.map(path))].filter(folder => {
      if (!place.exists(folder)) warnings.push(`${key.name}: ${folder} is not there; it is left out`)
      return place.exists(folder)
    })
    const surroundings = { config, place, path, present }
    const argument = key.becomes.argument(value, surroundings)
    if (argument !== null) warnings.push(...missing(key.name, argument, config, own))
    return { key, settings: key.becomes.settings(value, surroundings) }
  })
  const program = translated.find(({ key }) => key.name === 'streamCacheExeFile')?.settings['SLIPWAY_STREAM_SERVER'] ?? null
  return { status: 'translated', keys: translated, warnings: warnings.map(inOneLine), shown: shownConfig(config, extra, { serverDir, spawnExeAbsFile: program }, path) }
}

/** What is to be written where nobody has given stream servers this argument yet. A flag and its value may be one entry or two. */
function missing (name: string, argument: string, config: Readonly<Record<string, unknown>>, own: OwnArguments): string[] {
  const without = renderers.filter(renderer => config[`${renderer}Enabled`] === true && !own[renderer].some(entry => entry === argument || entry.endsWith(`=${argument}`)))
  if (without.length === 0) return []
  const write = without.map(renderer => `SLIPWAY_${renderer.toUpperCase()}_ARGS='--the-flag;${withoutSecrets(argument)}'`).join(' and ')
  const rest = withoutSecrets(argument) === argument ? '' : ', with the whole value of the key'
  return [`${name}: ts3d_sc_server's flag for it is not known here, so stream servers do not get it; look its name up and set ${write}${rest}`]
}

function unknownEntries (exported: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(exported).filter(([name]) => !names.includes(name)))
}

const shown = (value: unknown) => withoutSecrets(inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 4 }))
