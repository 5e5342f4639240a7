import { actors } from './actors.ts'
import { reasons } from './reasons.ts'
import { beginnings, states, transitions, type Deadline, type State } from './transitions.ts'

const limitSettings: Record<Deadline['limit'], string> = {
  queueTimeout: 'SLIPWAY_QUEUE_TIMEOUT',
  startTimeout: 'SLIPWAY_START_TIMEOUT',
  aheadLifetime: 'SLIPWAY_STARTED_AHEAD_LIFETIME',
  firstConnectTimeout: 'SLIPWAY_FIRST_CONNECT_TIMEOUT',
  pingTimeout: 'SLIPWAY_PING_TIMEOUT',
  idleTimeout: 'SLIPWAY_IDLE_TIMEOUT',
  maxLifetime: 'SLIPWAY_MAX_LIFETIME',
  killStep: 'SLIPWAY_KILL_STEP'
}

const countedFrom: Record<Deadline['since'], string> = {
  entered: 'since the state was entered',
  awaited: 'since the state was entered, or the request where that came later',
  requested: 'since the request',
  report: 'since the last report',
  input: 'since the last viewer input',
  unvisited: 'since the state was entered, where no viewer was there before',
  left: 'since the viewer was lost'
}

/** The text of `docs/session-lifecycle.md`: drawing, states and reasons, all read from the tables the code moves by. */
export function renderLifecyclePage (): string {
  const arrows = states.flatMap(from => transitions[from].next.map((to: State) => `    ${from} --> ${to}`))
  const ends = states.filter(state => transitions[state].next.length === 0).map(state => `    ${state} --> [*]`)
  return [
    '# The life of a session',
    '',
    'Generated from `src/sessions/transitions.ts` and `src/sessions/reasons.ts` by `npm run docs`; a test fails when they differ.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...beginnings.map(state => `    [*] --> ${state}`),
    ...arrows,
    ...ends,
    '```',
    '',
    '## States',
    '',
    '| State | Means | Deadlines |',
    '|---|---|---|',
    ...states.map(state => `| \`${state}\` | ${transitions[state].means} | ${deadlinesOf(state)} |`),
    '',
    'A limit of 0 is no limit. Draining climbs the kill ladder, one step per `SLIPWAY_KILL_STEP`: the process may leave by itself (when its viewer left),',
    'then SIGTERM, then SIGKILL, both to its whole process group; a process that outlives SIGKILL is `lost` and keeps its port until it is seen to end.',
    '`connected` falls back to `ready` when the viewer leaves and the stream server stays.',
    '',
    'A viewer that is lost without a farewell may come back where it has an address for that: on the direct port, `/wsproxy/<port>` or `/s/<token>`; the embedded',
    'stream server keeps its seat for 30 s, and for 10 s when its page was closed or is being loaded again. One that started its session by the WebSocket itself (`/?renderingLocation=…`) has none, since the same address starts',
    'another session: its seat is free as soon as its connection is known to be gone. `ts3d_sc_server` takes every lost viewer for one that left.',
    '',
    '## Actors',
    '',
    'Every step has one in [the history](operations/crashes-and-history.md).',
    '',
    '| Actor | Who |',
    '|---|---|',
    ...Object.entries(actors).map(([actor, who]) => `| \`${actor}\` | ${who} |`),
    '',
    '## Reasons',
    '',
    'The first cause wins and is never overwritten. The same words stand in logs, metrics (`reason`), HTTP bodies and here.',
    ...Object.entries(reasons).flatMap(([reason, { end, by, see, why, act }]) => [
      '', `### ${reason}`, '', `Ends as \`${end}\`, mostly by \`${by}\`.`, '', `- **What you see:** ${see}`, `- **Why:** ${why}`, `- **What to do:** ${act}`
    ]),
    ''
  ].join('\n')
}

function deadlinesOf (state: State): string {
  const deadlines: readonly Deadline[] = transitions[state].deadlines
  return deadlines.map(({ limit, since, least, passes }) =>
    `\`${limitSettings[limit]}\`${least === undefined ? '' : `, at least ${least / 1_000} s,`} ${countedFrom[since]} → ${passes === 'escalate' ? 'next step of the ladder' : `\`${passes}\``}`).join('<br>') || '–'
}
