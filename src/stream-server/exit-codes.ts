/** How the process says why it ended. 0 to 3 mean what they mean for ts3d_sc_server. */
export const exitCodes = {
  success: 0,
  unexpected: 1,
  badArgument: 2,
  internal: 3,
  addressInUse: 10
} as const

export type ExitCode = typeof exitCodes[keyof typeof exitCodes]
