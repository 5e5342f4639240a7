import { readFileSync } from 'node:fs'

/** The command line of a process as flags with their values, in its order. */
export function argumentsOf (pid: number): Record<string, string> {
  const words = wordsOf(pid)
  const first = words.indexOf('--id')
  return Object.fromEntries(words.flatMap((word, index) => index >= first && (index - first) % 2 === 0 ? [[word, words[index + 1] ?? '']] : []))
}

/** The words of a process's command line. */
export function wordsOf (pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
}

/** The environment of a process, without what a shell adds by itself. */
export function environmentOf (pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(line => line !== '')
  const all = lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  return Object.fromEntries(all.filter(([name]) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)))
}
