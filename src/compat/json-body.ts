/** Reads a body of JSON as the official server does: none at all is no mistake. @throws Error with status code 400 and the parser's words */
export function jsonBody (text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch (error) {
    throw Object.assign(error as Error, { statusCode: 400 })
  }
}
