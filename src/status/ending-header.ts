/** Name of the header that tells a stream server, with the answer to a report, that a limit is about to end its viewer's stay. */
export const endingHeader = 'slipway-ending'

/** Its value, `idle_timeout; seconds=45` for example. */
export const endingWords = ({ reason, milliseconds }: { reason: string, milliseconds: number }): string => `${reason}; seconds=${Math.ceil(milliseconds / 1_000)}`
