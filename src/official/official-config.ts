import { loadConfigFile } from './config-file.ts'
import type { Settings } from './keys.ts'
import { renderMigration } from './migration.ts'
import { thisPlace } from './place.ts'
import type { ShownConfig } from './shown-config.ts'
import { manners, translate } from './translate.ts'

/** What an official configuration file becomes, or all that is wrong with it, a line each. */
export type OfficialConfig =
  | {
    status: 'read'
    settings: Settings
    /** The official keys each setting comes from. */
    origins: ReadonlyMap<string, string>
    warnings: string[]
    /** The same as the text of a `.env`. */
    migration: string
    /** For the status page. */
    shown: ShownConfig
  }
  | { status: 'invalid', path: string, problems: string[], warnings: string[] }

/**
 * Runs and translates an official configuration file.
 *
 * @param given the file, or a folder in which UserConfig.js is taken before Config.js; relative to the working directory
 * @param packageDir where our `lib` is
 * @param env settings that win over the file
 */
export function readOfficialConfig (given: string, packageDir: string, env: Readonly<Record<string, string | undefined>>): OfficialConfig {
  const loaded = loadConfigFile(given, packageDir)
  if (loaded.status === 'failed') return { status: 'invalid', path: given, problems: [loaded.problem], warnings: [] }
  const translation = translate(loaded.file, thisPlace(), { csr: entries(env['SLIPWAY_CSR_ARGS']), ssr: entries(env['SLIPWAY_SSR_ARGS']) })
  if (translation.status === 'invalid') return { ...translation, path: loaded.file.path }

  const origins = new Map<string, string>()
  for (const { key, settings } of translation.keys) {
    for (const name of Object.keys(settings)) origins.set(name, origins.has(name) ? `${origins.get(name)} and ${key.name}` : key.name)
  }
  return {
    status: 'read',
    settings: Object.assign({}, manners, ...translation.keys.map(({ settings }) => settings)) as Settings,
    origins,
    warnings: translation.warnings,
    migration: renderMigration(loaded.file, translation),
    shown: translation.shown
  }
}

const entries = (joined = '') => joined.split(';').map(entry => entry.trim())

/** Problems of settings, each with the official key beside it that the setting comes from. */
export function inOfficialWords (problems: readonly string[], origins: ReadonlyMap<string, string>): string[] {
  return problems.map(problem => problem.replaceAll(/SLIPWAY_\w+/g, name => origins.has(name) ? `${origins.get(name)} (${name})` : name))
}
