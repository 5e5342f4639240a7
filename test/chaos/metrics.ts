/** What `/metrics` of a service says at one moment. */
export class Metrics {
  readonly #text: string

  private constructor (text: string) {
    this.#text = text
  }

  /** @throws Error when the service does not answer. */
  static async of (url: string): Promise<Metrics> {
    return new Metrics(await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text())
  }

  /** The sum over all series of a metric, `slipway_` left out, or over those with this label: `state="free"`. */
  sum (name: string, label = ''): number {
    const lines = this.#text.split('\n').filter(line => line.startsWith(`slipway_${name} `) || (line.startsWith(`slipway_${name}{`) && line.includes(label)))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }
}
