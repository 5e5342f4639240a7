/** Something told once to everybody who waits for it; telling it again is nothing. (`Promise.withResolvers` came with Node 22.) */
export class Answer<T> {
  readonly promise: Promise<T>
  #resolve!: (value: T) => void

  constructor () {
    this.promise = new Promise(resolve => { this.#resolve = resolve })
  }

  resolve (value: T): void { this.#resolve(value) }
}
