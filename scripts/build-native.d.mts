export const nativeLauncher: string
export const launcherSources: readonly string[]
export function findCompiler (): string | undefined
export function compile (compiler: string, file: string, programs?: readonly string[], more?: readonly string[]): void
export function isOutdated (): boolean
