const commands = [
  ['help', 'GET', 'Lists the commands'],
  ['shutdown', 'POST', 'Stops the server'],
  ['status', 'GET', 'Shows how the server is'],
  ['spawns', 'GET', 'Lists the stream servers'],
  ['gc', 'POST', 'Collects garbage']
] as const

/** The official list of commands (contract, section 1.5); the colon in the key `description:` is part of it. */
export function helpPage (origin: string): Record<string, unknown> {
  const described = commands.map(([name, method, description]) => {
    const endpoint = `api/${name}`
    return [name, { 'description:': description, endpoint, 'http-command': method, curl: `curl -X ${method} ${origin}/${endpoint}` }]
  })
  return { status: 'ok', 'rest-commands': Object.fromEntries(described) as Record<string, unknown> }
}
