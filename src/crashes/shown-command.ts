import type { StartOrder } from '../spawning/launcher.ts'

const hidden = '<hidden>'

/** Flags whose value is a secret. */
const secretFlags = ['--session-token', '--license']

/** The command line of a stream server for people: as it was started, and without a secret. */
export function shownCommand ({ executable, args, secrets = [] }: Pick<StartOrder, 'executable' | 'args' | 'secrets'>): string[] {
  return [executable, ...args.map((arg, index) => {
    if (secretFlags.includes(args[index - 1] ?? '')) return hidden
    const flag = secretFlags.find(flag => arg.startsWith(`${flag}=`))
    if (flag !== undefined) return `${flag}=${hidden}`
    return secrets.filter(secret => secret !== '').reduce((text, secret) => text.replaceAll(secret, hidden), arg)
  })]
}
