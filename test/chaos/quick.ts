import type { Environment } from '../fixtures/slipway.ts'

/** Settings under which faults are over soon. No model is isolated: here all of them crash. */
export const quick: Environment = {
  SLIPWAY_CRASH_LIMIT: '0',
  SLIPWAY_PORT_RETRY: '1',
  SLIPWAY_START_TIMEOUT: '4',
  SLIPWAY_PING_TIMEOUT: '2',
  SLIPWAY_FIRST_CONNECT_TIMEOUT: '5',
  SLIPWAY_KILL_STEP: '0.5',
  SLIPWAY_QUEUE_LENGTH: '100'
}
