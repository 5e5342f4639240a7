/** A number from 0 to below the given one. */
export type Pick = (below: number) => number

/** JSON, or what looks like it, that is written as it is. */
class Raw {
  readonly text: string
  constructor (text: string) { this.text = text }
}

/** Written in the place of a value: extremes, other types, what is no JSON at all. */
const hostile = [
  '0', '-0', '-1', '1', '2', '3', '0.5', '255', '65535', '65536', '2147483647', '2147483648', '4294967295', '4294967296', '9007199254740991', '9007199254740993', '1e15', '1e308', '-1e308', '1e999', '-1e999', '5e-324',
  'NaN', 'Infinity', '-Infinity', '"NaN"', '"Infinity"', '0x10', '1_000', '01', 'null', 'true', 'false', 'undefined', '[]', '{}', '""', '"0"', '"\\ud800"', '"\\u0000"', '"__proto__"', '{"length":1e9}', '{"__proto__":[]}', '[null]', '[[[]]]'
]

const odd = ['__proto__', 'constructor', 'toString', 'type', 'length', '', '0', '-1', 'ſ']

/** Values that are large: long texts and lists, deep nests. */
function large (pick: Pick): string {
  const size = [100, 1001, 5000, 60_000][pick(4)] ?? 100
  switch (pick(4)) {
    case 0: return `"${'x'.repeat(size)}"`
    case 1: return `[${Array(size).fill(['0', '1e308', 'null', '{}', '[0,0,0]'][pick(5)]).join(',')}]`
    case 2: return '['.repeat(size) + ']'.repeat(size)
    default: return `${'{"a":'.repeat(size)}0${'}'.repeat(size)}`
  }
}

type Holder = Record<string, unknown>

/** Every place in a value where another could stand: in what, and under which key. */
function places (value: unknown): Array<[Holder, string]> {
  if (typeof value !== 'object' || value === null || value instanceof Raw) return []
  return Object.keys(value).flatMap(key => [[value as Holder, key] as [Holder, string], ...places((value as Holder)[key])])
}

/** A number near this one, where programs are off by one. */
const near = (value: number, pick: Pick): number => [value - 1, value + 1, value * 2, -value, value / 2, value + 0.5, value * 256, value * 1e9][pick(8)] ?? 0

/** JSON text of the value with one place altered, or two, or more; `among` says which places are better than others. */
export function altered (value: object, pick: Pick, among: (key: string) => boolean = () => false): string {
  const copy = structuredClone(value)
  for (let times = [1, 1, 1, 2, 2, 4][pick(6)] ?? 1; times > 0; times--) {
    const all = places(copy)
    const better = all.filter(([, key]) => among(key))
    const [holder, key] = better.length > 0 && pick(4) > 0 ? better[pick(better.length)] ?? [] : all[pick(all.length)] ?? []
    if (holder === undefined || key === undefined) break
    const old = holder[key]
    switch (pick(16)) {
      case 0: remove(holder, key); break
      case 1: if (!Array.isArray(holder)) Object.defineProperty(holder, odd[pick(odd.length)] ?? '', { value: old, enumerable: true, configurable: true, writable: true }); break
      case 2: holder[key] = new Raw(large(pick)); break
      // Said twice: what holds?
      case 3: holder[key] = new Raw(`${text(old)},${JSON.stringify(key)}:${hostile[pick(hostile.length)] ?? ''}`); break
      case 4: if (Array.isArray(old)) holder[key] = Array.from({ length: [0, 1, old.length + 1, old.length * 50][pick(4)] ?? 0 }, (_, i) => old[i % (old.length || 1)]); break
      // What stands elsewhere, in here.
      case 5: { const [other, at] = all[pick(all.length)] ?? [holder, key]; holder[key] = new Raw(text(other[at])); break }
      case 6: case 7: case 8: case 9: holder[key] = typeof old === 'number' ? near(old, pick) : new Raw(hostile[pick(hostile.length)] ?? ''); break
      default: holder[key] = new Raw(hostile[pick(hostile.length)] ?? '')
    }
  }
  return text(copy)
}

function remove (holder: Holder, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
}

/** As JSON.stringify, but for what is to be written as it is; numbers that are none stay readable. */
function text (value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${text(each)}`).join(',')}}`
  return JSON.stringify(value) ?? 'null'
}
