/** How a model comes to the screen: streamed and drawn here, drawn on the server, or all of it in one file and drawn here. */
export const modes = ['csr', 'ssr', 'single'] as const
export type Mode = typeof modes[number]
/** Those that take a stream server. */
export type SessionMode = Exclude<Mode, 'single'>

const words: Record<Mode, string> = { csr: 'Client', ssr: 'Server', single: 'Single file' }

export const modeWords = (mode: Mode): string => words[mode]
