/** What a service says in few words, said so that a person knows what it means. */
const inWords = new Map([
  ['Invalid rendering location', 'This kind of rendering is switched off on the server'],
  ['No ports available', 'All seats are taken'],
  ['Not Found', 'There is no service that starts stream servers at this address'],
  ['Server is shutting down', 'The service is shutting down']
])

/** Another side's reason as the beginning of a sentence: known ones said better, a capital first, no full stop. */
export function reasonWords (reason: string): string {
  const words = reason.trim().slice(0, 500).replace(/[.\s]+$/, '')
  return inWords.get(words) ?? words.charAt(0).toUpperCase() + words.slice(1)
}
