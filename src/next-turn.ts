/** Calls `action` in the next turn of the event loop, behind everybody who is to be served in this one: order, not time. */
export const nextTurn = (action: () => void): void => { setImmediate(action) }
