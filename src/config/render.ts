import { expectation } from './load.ts'
import { settings, type SettingSchema } from './schema.ts'

/** The text of `.env.example`: every setting, commented out, with its default. */
export function renderEnvExample (): string {
  const lines = ['# Slipway: every setting with its default. Copy to .env and change what you need; `npm run docs` writes this file.']
  eachGroup((title, schemas) => {
    lines.push('', `# ${title}`)
    for (const schema of schemas) {
      lines.push('', `# ${schema.description}`, `# Expected: ${expectation(schema)}.`, `#${schema.env}=${inEnv(schema)}`)
    }
  })
  return lines.join('\n') + '\n'
}

/** The text of `docs/configuration.md`: one table per group. */
export function renderConfigurationPage (): string {
  const lines = [
    '# Configuration',
    '',
    'Generated from `src/config/schema.ts` by `npm run docs`; a test fails when the two differ.',
    '',
    'Settings are environment variables; a file `.env` in the working directory is read when it is there (`--env-file` names another),',
    'but not beside an [official configuration file](official-config.md) unless it is named, and the environment wins over the file. Unknown `SLIPWAY_` names, unusable values and contradictions are all reported at once;',
    'the process then ends with exit code 2 and nothing was bound. An empty value counts as not given. Relative paths start at the working directory.'
  ]
  eachGroup((title, schemas) => {
    lines.push('', `## ${title}`, '', '| Setting | Default | Expected | Meaning |', '|---|---|---|---|')
    for (const schema of schemas) {
      const fallback = inEnv(schema)
      lines.push(`| \`${schema.env}\` | ${fallback === '' ? '(empty)' : `\`${fallback}\``} | ${expectation(schema)} | ${schema.description} |`)
    }
  })
  return lines.join('\n') + '\n'
}

function inEnv ({ default: fallback, separator }: SettingSchema): string {
  return Array.isArray(fallback) ? fallback.join(separator) : String(fallback)
}

function eachGroup (visit: (title: string, schemas: SettingSchema[]) => void): void {
  for (const title of new Set(settings.map(setting => setting.title))) {
    visit(title, settings.filter(setting => setting.title === title).map(setting => setting.schema))
  }
}
