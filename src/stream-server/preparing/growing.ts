/** A list of numbers that grows, without an object for each. */
export class Growing<Numbers extends Float64Array | Uint32Array | Uint8Array> {
  length = 0
  #make: new (length: number) => Numbers
  #numbers: Numbers

  constructor (make: new (length: number) => Numbers) {
    this.#make = make
    this.#numbers = new this.#make(1024)
  }

  push (a: number, b: number, c: number): void {
    if (this.length + 3 > this.#numbers.length) {
      const larger = new this.#make(this.#numbers.length * 2)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[this.length++] = a
    this.#numbers[this.length++] = b
    this.#numbers[this.length++] = c
  }

  at (index: number): number {
    return index < this.length ? this.#numbers[index] ?? NaN : NaN
  }

  /** The numbers so far; they are not copied. */
  get all (): Numbers {
    return this.#numbers.subarray(0, this.length) as Numbers
  }
}
