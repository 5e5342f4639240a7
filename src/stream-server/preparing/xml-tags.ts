import { UnreadableModel } from './unreadable.ts'

export interface Tag {
  /** Without its prefix. */
  name: string
  kind: 'open' | 'close' | 'empty'
  /** By name without prefix. */
  attributes: Record<string, string>
}

const longestTag = 1 << 16
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The tags of an XML document one after the other; text between them, comments and declarations are passed over, and no entity is ever looked up. */
export function * tagsOf (bytes: Buffer): Generator<Tag> {
  for (let at = bytes.indexOf('<'); at !== -1; at = bytes.indexOf('<', at)) {
    if (bytes.toString('latin1', at, at + 4) === '<!--') {
      at = after(bytes, '-->', at)
      continue
    }
    const end = closing(bytes, at)
    const text = bytes.toString('utf8', at + 1, end)
    at = end + 1
    const [, slash, name] = /^(\/?)\s*(?:[\w.-]+:)?([\w.-]+)/.exec(text) ?? []
    if (name === undefined) continue
    yield { name, kind: slash === '/' ? 'close' : text.endsWith('/') ? 'empty' : 'open', attributes: slash === '/' ? {} : attributesOf(text) }
  }
}

/** Where the tag ends that begins at `at`; a `>` in quotes does not end it. */
function closing (bytes: Buffer, at: number): number {
  let quote = 0
  for (let i = at; i < bytes.length && i - at < longestTag; i++) {
    const byte = bytes[i] ?? 0
    if (quote !== 0) quote = byte === quote ? 0 : quote
    else if (byte === 0x22 || byte === 0x27) quote = byte
    else if (byte === 0x3e) return i
  }
  throw new UnreadableModel('The model in the archive is broken: a tag has no end.')
}

function after (bytes: Buffer, text: string, at: number): number {
  const found = bytes.indexOf(text, at)
  return found === -1 ? bytes.length : found + text.length
}

function attributesOf (text: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>
  // A name is looked at from its beginning only: else one of 60,000 letters would be read as often.
  for (const [, name = '', double, single] of text.matchAll(/(?<![\w.:-])(?:[\w.-]+:)?([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    found[name] = (double ?? single ?? '').replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] ?? '')
  }
  return found
}
