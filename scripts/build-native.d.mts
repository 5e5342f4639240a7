export const nativeLauncher: string
export const nativeCarrier: string
export const launcherSources: readonly string[]
export const carrierSources: readonly string[]
export function findCompiler (): string | undefined
export function compile (compiler: string, file: string, sources: readonly string[], more?: readonly string[]): void
export function isOutdated (file: string): boolean
