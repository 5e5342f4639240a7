import { isTerminal, type State } from '../src/sessions/transitions.ts'
import { managerKinds, managerNames, startManager } from './managers.ts'
import { notMeasured, table, type Scale, type Section, type Target } from './part.ts'
import { childrenOf, descriptors, listeningPorts } from './proc.ts'
import { startMany } from './starts.ts'

/** Counts that must be what they were. */
interface Left { zombies: number, children: number, descriptors: number, ports: number, sessions: number }

/** Starts and ends of stream servers for a while, then what is left of them: nothing. */
export async function reap (scale: Scale): Promise<Section> {
  const { programs, quick, tell } = scale
  const what = 'start and reap: zombies, processes, descriptors, ports, sessions left'
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured(what, '0', 'no C compiler')] }
  const seconds = quick ? 4 : 60
  const rows: string[][] = []
  const targets: Target[] = []
  for (const kind of managerKinds.filter(kind => kind === 'javascript' || kind === 'native')) {
    const manager = await startManager(kind, programs)
    try {
      await startMany(manager.port, { atATime: 10, count: 200, milliseconds: 2_000 })
      await settled()
      const before = await count(manager.pid, manager.port)
      tell(`${manager.name}: ${seconds} s of starts`)
      const { answers, perSecond } = await startMany(manager.port, { atATime: 10, count: Infinity, milliseconds: seconds * 1_000 })
      await settled()
      const after = await count(manager.pid, manager.port)
      const left = [after.zombies, after.children - before.children, after.descriptors - before.descriptors, after.ports, after.sessions]
      rows.push([manager.name, String(answers.length), perSecond.toFixed(0), ...left.map(String)])
      targets.push({ what: `${managerNames[kind]}, ${seconds} s: zombies, processes, descriptors, ports, sessions left`, wanted: '0', measured: left.join(', '), met: left.every(number => number <= 0) })
    } finally {
      await manager.stop()
    }
  }
  return { markdown: [`Ten starts always in flight for ${seconds} s, each child ends as soon as it was ready; what is left two seconds later, compared with before.`, '', ...table(['manager', 'started and ended', 'a second', 'zombies', 'processes', 'descriptors', 'ports', 'sessions left'], rows), 'There is no peer here: what is looked for are leaks of our own, of which none is right whatever others leave.', ''], targets, repeated: 'once for each manager' }
}

const settled = () => new Promise(resolve => { setTimeout(resolve, 2_000) })

async function count (pid: number, port: number): Promise<Left> {
  const children = childrenOf(pid)
  const grandchildren = children.flatMap(child => childrenOf(child.pid))
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text()
  const alive = [...metrics.matchAll(/^slipway_sessions\{state="(\w+)",renderer="\w+"\} (\d+)$/gm)].filter(([, state]) => !isTerminal(state as State))
  await new Promise(resolve => { setTimeout(resolve, 200) })
  return {
    zombies: [...children, ...grandchildren].filter(({ zombie }) => zombie).length,
    children: children.length + grandchildren.length,
    descriptors: [pid, ...children.map(child => child.pid)].reduce((sum, each) => sum + descriptors(each), 0),
    ports: listeningPorts(26_000, 1_000),
    sessions: alive.reduce((sum, [, , number]) => sum + Number(number), 0)
  }
}
