/** A range of ports, both ends included. */
export interface PortRange { first: number, last: number }

/**
 * What is unwise about a range: each warning says what happens and what to choose instead.
 *
 * @param range the stream servers' ports
 * @param ephemeral the kernel's range for outgoing connections, where known
 * @param own ports this service itself listens on
 */
export function rangeWarnings (range: PortRange, ephemeral: PortRange | undefined, own: readonly number[]): string[] {
  const warnings = own.filter(port => port >= range.first && port <= range.last).map(port =>
    `port ${port} is inside the stream servers' range ${range.first}-${range.last} and Slipway listens on it itself: that port stays blocked; move one of the two`)
  if (ephemeral !== undefined && range.first <= ephemeral.last && range.last >= ephemeral.first) {
    warnings.push(`the stream servers' range ${range.first}-${range.last} overlaps the kernel's range for outgoing connections (${ephemeral.first}-${ephemeral.last}): ` +
      'any program may take such a port for a moment; choose a range below it, or reserve the ports with net.ipv4.ip_local_reserved_ports')
  }
  return warnings
}

/** Reads Linux' `/proc/sys/net/ipv4/ip_local_port_range`; `undefined` when the text is not two numbers. */
export function parseEphemeralRange (text: string): PortRange | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s*$/.exec(text)
  return match === null ? undefined : { first: Number(match[1]), last: Number(match[2]) }
}
