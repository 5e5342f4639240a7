/** Fastify binds each further address of `localhost` with a server of its own, once it listens; only a symbol of the application leads to them. */
export function furtherServers (app: object): unknown[] {
  const key = Object.getOwnPropertySymbols(app).find(({ description }) => description === 'fastify.serverBindings')
  const servers: unknown = key === undefined ? [] : Reflect.get(app, key)
  return Array.isArray(servers) ? servers : []
}
