import type { Config } from './schema.ts'

/** Fewest sessions of which `auto` sets one aside. */
const roomy = 4

/** Sessions to have started ahead, by renderer. */
export function startedAhead ({ sessions, streamServer }: Pick<Config, 'sessions' | 'streamServer'>): { csr: number, ssr: number } {
  const auto = streamServer.executable === '' && streamServer.renderers.includes('csr') && sessions.max >= roomy ? 1 : 0
  const { aheadCsr, aheadSsr } = sessions
  return { csr: aheadCsr === 'auto' ? auto : Number(aheadCsr), ssr: aheadSsr === 'auto' ? 0 : Number(aheadSsr) }
}
