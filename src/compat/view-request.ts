import Type from 'typebox'
import { Value } from 'typebox/value'
import type { Renderer } from '../sessions/session.ts'

/**
 * The body of `POST /api/spawn` and `/service` (contract, section 1.2). Unknown fields are ignored, as the official server does;
 * a known one of the wrong kind is an error here, where the official server leaked a port.
 */
const text = Type.String({ minLength: 1, maxLength: 4096 })
const bodySchema = Type.Object({
  class: Type.Optional(Type.String({ maxLength: 256 })),
  params: Type.Optional(Type.Object({
    sessionToken: Type.Optional(text),
    model: Type.Optional(text),
    modelSearchDirectories: Type.Optional(Type.Array(text, { maxItems: 64 }))
  }))
})

export interface ViewRequest {
  renderer: Renderer
  model: string | null
  sessionToken: string | null
  modelSearchDirectories: string[]
}

export type ParsedViewRequest = { status: 'request', request: ViewRequest } | { status: 'invalid', problems: string[] }

/** Reads a viewing request out of a parsed body; an absent one is an empty one. All problems are told, each with its field. */
export function parseViewRequest (body: unknown): ParsedViewRequest {
  const given = body === undefined ? {} : body
  if (!Value.Check(bodySchema, given)) {
    return { status: 'invalid', problems: Value.Errors(bodySchema, given).map(({ instancePath, message }) => `${fieldName(instancePath)}: ${message}`) }
  }
  const { class: kind, params = {} } = given
  const { model, sessionToken } = params
  const problems = [
    ...model === undefined || isModelName(model) ? [] : ['params.model: expected a bare model name, without folder'],
    ...sessionToken === undefined || isArgument(sessionToken) ? [] : ['params.sessionToken: expected one line of text that does not begin with "-"']
  ]
  if (problems.length > 0) return { status: 'invalid', problems }
  return {
    status: 'request',
    request: {
      renderer: kind === 'ssr_session' ? 'ssr' : 'csr',
      model: model ?? null,
      sessionToken: sessionToken ?? null,
      modelSearchDirectories: params.modelSearchDirectories ?? []
    }
  }
}

function fieldName (instancePath: string): string {
  return instancePath === '' ? 'body' : instancePath.slice(1).replaceAll('/', '.')
}

/** What may follow a flag on a command line without being taken for a flag itself, or for two lines. */
function isArgument (text: string): boolean {
  return !text.startsWith('-') && !/\p{Cc}/u.test(text)
}

function isModelName (name: string): boolean {
  return isArgument(name) && !/[/\\]/.test(name) && name !== '.' && name !== '..'
}
