/** What stands in the way of starting at all; the process says it and ends with exit code 2. */
export class PreflightError extends Error {
  readonly problems: readonly string[]

  constructor (problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'PreflightError'
    this.problems = problems
  }
}
