import { closest } from 'fastest-levenshtein'
import { Value } from 'typebox/value'
import { contradictions } from './contradictions.ts'
import { configSchema, settings, type Config, type Setting, type SettingSchema } from './schema.ts'

export type LoadResult =
  | { status: 'loaded', config: Config }
  | { status: 'invalid', problems: string[] }

const prefix = 'SLIPWAY_'

/** Names that Kubernetes puts into the environment of every pod beside a service called `slipway`. */
const kubernetes = /^SLIPWAY_(SERVICE_(HOST|PORT)|PORT_\d+_)/

/**
 * Reads the configuration out of an environment. Nothing is touched but the argument; every problem is reported, not only
 * the first: unknown names with our prefix, values of the wrong kind or out of range, values that contradict each other.
 * An empty value counts as not given. The result is deeply frozen.
 */
export function loadConfig (env: Readonly<Record<string, string | undefined>>): LoadResult {
  const known = new Map(settings.map(setting => [setting.schema.env, setting]))
  const problems = Object.keys(env)
    .filter(name => name.startsWith(prefix) && !known.has(name))
    .map(name => `${name}: there is no such setting; ${kubernetes.test(name) ? 'Kubernetes adds it for a service named slipway: set enableServiceLinks: false' : `did you mean ${closest(name, [...known.keys()])}?`}`)

  const unusable = new Set<string>()
  const draft: Record<string, Record<string, unknown>> = {}
  for (const setting of settings) {
    const group = draft[setting.group] ??= {}
    const given = env[setting.schema.env]?.trim() ?? ''
    const value = given === '' ? undefined : parse(given, setting.schema)
    const usable = value !== undefined && fits(setting, value)
    if (given !== '' && !usable) {
      unusable.add(setting.schema.env)
      problems.push(`${setting.schema.env}: expected ${expectation(setting.schema)}, got ${setting.schema.secret === true ? 'something else' : JSON.stringify(given)}`)
    }
    group[setting.key] = Object.freeze(usable ? value : structuredClone(setting.schema.default))
  }

  const config = draft as unknown as Config
  for (const { names, problem } of contradictions(config)) {
    // A value that could not be read contradicts nothing: its own problem is told already.
    if (!names.some(name => unusable.has(name))) problems.push(`${names.join(' and ')}: ${problem}`)
  }
  if (problems.length > 0) return { status: 'invalid', problems }
  for (const group of Object.values(config)) Object.freeze(group)
  return { status: 'loaded', config: Object.freeze(config) }
}

/** What a value of this setting must be, in words. */
export function expectation (schema: SettingSchema): string {
  if (schema.expected !== undefined) return schema.expected
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'array') {
    const entry = schema.items?.enum === undefined ? 'paths' : `any of ${schema.items.enum.join(', ')}, each once,`
    return `${entry} joined by "${schema.separator}"`
  }
  if (schema.type === 'string') return 'text'
  const kind = schema.type === 'integer' ? 'a whole number' : 'a number'
  return `${kind} from ${schema.minimum} to ${schema.maximum}${schema.unit === undefined ? '' : ` (${unitWord(schema.unit)})`}`
}

const unitWord = (unit: string) => unit === 's' ? 'seconds' : unit

function parse (given: string, schema: SettingSchema): unknown {
  switch (schema.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : undefined
    case 'boolean':
      return ({ true: true, 1: true, yes: true, on: true, false: false, 0: false, no: false, off: false } as Record<string, boolean>)[given.toLowerCase()]
    case 'array':
      return given.split(schema.separator ?? ';').map(entry => entry.trim()).filter(entry => entry !== '')
    default:
      return given
  }
}

function fits ({ group, key }: Setting, value: unknown): boolean {
  const groupSchema = configSchema.properties[group as keyof Config]
  return Value.Check(groupSchema.properties[key as keyof typeof groupSchema.properties], value)
}
