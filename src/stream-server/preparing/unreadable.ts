/** The model cannot be used, for a reason its owner can understand and mend. The message is one sentence. */
export class UnreadableModel extends Error {
  override name = 'UnreadableModel'
}
