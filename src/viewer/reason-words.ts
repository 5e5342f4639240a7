/** What a service says in few words, said so that a person knows what it means. */
const inWords = new Map([
  ['Invalid rendering location', 'This kind of rendering is switched off on the server'],
  ['No ports available', 'All seats are taken'],
  ['Not Found', 'There is no service that starts stream servers at this address'],
  ['This model keeps crashing its stream server', 'This model keeps crashing and is locked for now'],
  ['This model kept crashing; somebody is trying it now', 'This model kept crashing, and somebody is trying it now'],
  ['Server is shutting down', 'The service is shutting down']
])

/** Another side's reason as the beginning of a sentence: known ones said better, a capital first, no full stop. */
export function reasonWords (reason: string): string {
  const words = reason.trim().slice(0, 500).replace(/[.\s]+$/, '')
  return inWords.get(words) ?? words.charAt(0).toUpperCase() + words.slice(1)
}
