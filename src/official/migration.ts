import type { ConfigFile } from './config-file.ts'
import type { Settings } from './keys.ts'
import { manners, type Translation } from './translate.ts'

/**
 * The `.env` that says what an official configuration file says, for Slipway without that file. Secrets stay out of it; what has no
 * equivalent is said in comments.
 */
export function renderMigration ({ path }: ConfigFile, { keys, warnings }: Extract<Translation, { status: 'translated' }>): string {
  const lines = [`# Slipway's settings for ${path}`, '', '# As the official server does: no limit of requests, and SIGTERM ends at once.', ...assignments(manners)]
  const written = new Set<string>()
  for (const { key, settings } of keys) {
    const fresh = Object.fromEntries(Object.entries(settings).filter(([name]) => !written.has(name)))
    for (const name of Object.keys(fresh)) written.add(name)
    if (Object.keys(fresh).length === 0) continue
    lines.push('', `# ${key.name}`)
    if (key.secret) lines.push('# It is a secret: give it in the environment, or keep it in a file of its own (SLIPWAY_LICENSE_FILE).', ...Object.keys(fresh).map(name => `#${name}=<the text of ${key.name}>`))
    else lines.push(...assignments(fresh))
  }
  if (warnings.length > 0) lines.push('', '# What has no equivalent, and what to look at:', ...warnings.map(warning => `#   ${warning}`))
  return lines.join('\n') + '\n'
}

const assignments = (settings: Settings) => Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`)

/** As Node reads such a file: nothing inside these quotes has a meaning but, in double ones, \n. */
function quoted (value: string): string {
  if (/^[\w./:;,*~@%+-]*$/.test(value)) return value
  const quote = ["'", '`', '"'].find(quote => !value.includes(quote)) ?? "'"
  return `${quote}${value}${quote}`
}
