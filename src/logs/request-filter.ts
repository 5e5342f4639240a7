/**
 * A pattern for requests that are not logged, tried on `<method> <address>` with the query, and on the line in Apache's format: an expression, or `/expression/flags`.
 *
 * @throws SyntaxError when it is no regular expression
 */
export function requestFilter (given: string): RegExp | null {
  if (given === '') return null
  const [, source = given, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(given) ?? []
  // Those that go on where the last match ended would find every other one only.
  return new RegExp(source, flags.replace(/[gy]/g, ''))
}

/** Whether `requestFilter` takes it. */
export function isRequestFilter (given: string): boolean {
  try {
    requestFilter(given)
    return true
  } catch {
    return false
  }
}
