/** `wrong` sets the exit code; `doubtful` works, but perhaps not as it was meant. */
export type Status = 'good' | 'note' | 'doubtful' | 'wrong'

/** One thing that `koa-tessera doctor` found. */
export interface Finding {
  /** In a word or two. */
  readonly about: string
  readonly status: Status
  readonly text: string
}

export const wrong = (about: string, text: string): Finding => ({ about, status: 'wrong', text })
