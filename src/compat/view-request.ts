import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { readAskedLimits, type AskedLimits, type LimitRanges } from '../sessions/asked-limits.ts'
import type { Renderer } from '../sessions/session.ts'

/**
 * The parameters of `POST /api/spawn` and `/service` (contract, section 1.2). Unknown fields are ignored, and null and empty ones absent,
 * as for the official server; a known one of the wrong kind is an error here, where the official server leaked a port.
 */
const text = Type.String({ minLength: 1, maxLength: 4096 })
const known = Compile(Type.Object({
  sessionToken: Type.Optional(text),
  model: Type.Optional(text),
  viewerModel: Type.Optional(text),
  modelSearchDirectories: Type.Optional(Type.Array(text, { maxItems: 64 })),
  reentry: Type.Optional(Type.Union([Type.Boolean(), Type.String({ minLength: 1, maxLength: 256 })]))
}))

export interface ViewRequest {
  renderer: Renderer
  model: string | null
  /** What the viewer is going to name to its stream server. */
  viewerModel: string | null
  sessionToken: string | null
  modelSearchDirectories: string[]
  limits: AskedLimits
  /** It wants a token to come back by, and shows one that it has; absent: it wants none. */
  reentry?: { shown: string | null }
}

export type ParsedViewRequest = { status: 'request', request: ViewRequest } | { status: 'invalid', problems: string[] }

/**
 * Reads a viewing request out of a parsed body; an absent one is an empty one, and so is whatever has no fields, as far as it is no bare
 * text or number. All problems are told, each with its field.
 */
export function parseViewRequest (body: unknown, ranges: LimitRanges): ParsedViewRequest {
  const given = body === undefined ? {} : body
  if (typeof given !== 'object' || given === null) return { status: 'invalid', problems: ['body: expected an object'] }
  const { class: kind, params } = given as { class?: unknown, params?: unknown }
  const asked = Object.fromEntries(Object.entries(isRecord(params) ? params : {}).filter(([, value]) => value !== null && value !== ''))
  if (!known.Check(asked)) {
    return { status: 'invalid', problems: known.Errors(asked).map(({ instancePath, message }) => `params${instancePath.replaceAll('/', '.')}: ${message}`) }
  }
  const own = readAskedLimits((asked as { limits?: unknown }).limits, ranges, 'params.limits')
  const { model = null, viewerModel = null, sessionToken = null, modelSearchDirectories = [], reentry = false } = asked
  const problems = [
    ...model === null || isModelName(model) ? [] : ['params.model: expected a bare model name, without folder'],
    ...sessionToken === null || isOneLine(sessionToken) ? [] : ['params.sessionToken: expected one line of text'],
    ...own.status === 'limits' ? [] : own.problems
  ]
  if (problems.length > 0 || own.status === 'invalid') return { status: 'invalid', problems }
  return { status: 'request', request: { renderer: kind === 'ssr_session' ? 'ssr' : 'csr', model, viewerModel, sessionToken, modelSearchDirectories, limits: own.limits, ...reentryOf(reentry) } }
}

/** A form says true and false by words. */
function reentryOf (given: boolean | string): Pick<ViewRequest, 'reentry'> {
  if (given === false || given === 'false') return {}
  return { reentry: { shown: given === true || given === 'true' ? null : given } }
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What may stand on a command line without being taken for two lines. */
function isOneLine (text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

/** One that begins with "-" would be taken for a flag. */
function isModelName (name: string): boolean {
  return isOneLine(name) && !name.startsWith('-') && !/[/\\]/.test(name) && name !== '.' && name !== '..'
}
