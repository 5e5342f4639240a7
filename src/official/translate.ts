import { closest } from 'fastest-levenshtein'
import { inspect } from 'node:util'
import type { ConfigFile } from './config-file.ts'
import { keys, type OfficialKey, type Settings } from './keys.ts'
import { absolute, type Place } from './place.ts'
import { brokenRules } from './rules.ts'
import { shownConfig, type ShownConfig } from './shown-config.ts'

/** What became of one key. */
export interface TranslatedKey {
  key: OfficialKey
  settings: Settings
}

export type Translation =
  | { status: 'translated', keys: TranslatedKey[], warnings: string[], shown: ShownConfig }
  | { status: 'invalid', problems: string[], warnings: string[] }

/** In the official server's manner, whatever its file says: nobody is asked to slow down, and an end is an end at once. */
export const manners: Settings = { SLIPWAY_SPAWN_RATE_LIMIT: '0', SLIPWAY_DRAIN_TIMEOUT: '0' }

/**
 * Turns an official configuration into Slipway's settings. Every problem is told, not only the first: required keys that are missing,
 * values of the wrong kind, values that do not go together. What is merely missing, unknown or not supported yet is a warning.
 */
export function translate ({ exported, serverDir }: ConfigFile, place: Place): Translation {
  const problems: string[] = []
  const warnings = unknownKeys(exported)
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
  if (problems.length > 0) return { status: 'invalid', problems, warnings }

  const packageDir = absolute(String(config['communicatorDir']), serverDir, place.home)
  if (!place.exists(packageDir)) warnings.push(`communicatorDir: ${packageDir} is not there`)
  const path = (given: string) => absolute(given, packageDir, place.home)
  const translated = keys.map(key => {
    const value = config[key.name]
    if (key.becomes.as === 'nothing yet') {
      if (key.becomes.asks(value, config)) warnings.push(`not supported yet: ${key.name} (${key.becomes.instead})`)
      return { key, settings: {} }
    }
    const present = (given: readonly string[]) => [...new Set(given.map(path))].filter(folder => {
      if (!place.exists(folder)) warnings.push(`${key.name}: ${folder} is not there; it is left out`)
      return place.exists(folder)
    })
    return { key, settings: key.becomes.settings(value, { config, place, path, present }) }
  })
  return { status: 'translated', keys: translated, warnings, shown: shownConfig(config, serverDir, path) }
}

function unknownKeys (exported: Readonly<Record<string, unknown>>): string[] {
  const names = keys.map(({ name }) => name)
  return Object.keys(exported)
    .filter(name => !names.includes(name))
    .map(name => `${name}: there is no such key; did you mean ${closest(name, names)}?`)
}

const shown = (value: unknown) => inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 4 })
