import { types } from 'node:util'

/** What a value of an official key may be. */
export interface Kind<T> {
  /** In words, after "expected". */
  words: string
  fits: (value: unknown) => value is T
}

const kind = <T>(words: string, fits: (value: unknown) => boolean): Kind<T> => ({ words, fits: (value): value is T => fits(value) })
const within = (value: unknown, minimum: number, maximum: number) => typeof value === 'number' && value >= minimum && value <= maximum

/** Text that is not blank. */
export const text = kind<string>('text', value => typeof value === 'string' && value.trim() !== '')
/** Text, empty or not. */
export const anyText = kind<string>('text', value => typeof value === 'string')
/** A boolean; words and numbers are none. */
export const truth = kind<boolean>('true or false', value => typeof value === 'boolean')
/** A regular expression, not its text. */
export const pattern = kind<RegExp>('a regular expression', types.isRegExp)

/** An integer; both ends are included. */
export const wholeNumber = (minimum: number, maximum: number) =>
  kind<number>(`a whole number from ${minimum} to ${maximum}`, value => Number.isInteger(value) && within(value, minimum, maximum))

/** Seconds, fractions too; both ends are included. */
export const seconds = (minimum: number, maximum: number) =>
  kind<number>(`a number from ${minimum} to ${maximum} (seconds)`, value => within(value, minimum, maximum))

/** Folders; a `;` would make two of one. */
export const folders = kind<string[]>('a list of folders, none with ";" in its name', value => Array.isArray(value) && value.every(entry => text.fits(entry) && !entry.includes(';')))

/** One of an enum's values; the words name its members, as a configuration file would. */
export const oneOf = <T extends string>(name: string, members: Readonly<Record<string, T>>) =>
  kind<T>(`one of ${Object.keys(members).map(member => `${name}.${member}`).join(', ')}`, value => (Object.values(members) as unknown[]).includes(value))

/** What `inner` takes, or null, which stands for a key that is not set. */
export const orNull = <T>(inner: Kind<T>) => kind<T | null>(`${inner.words}, or null`, value => value === null || inner.fits(value))

/** For numbers of which 0 says the same as null. */
export const orOff = (inner: Kind<number>) => kind<number | null>(`${inner.words}, or 0 or null`, value => value === null || value === 0 || inner.fits(value))
