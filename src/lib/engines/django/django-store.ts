/** What Django has stored for one session. */
export interface DjangoRow {
  /** Signed by Django. It says all that the row holds, so it is the version too: two equal texts are equal data. */
  readonly text: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** What became of a rotation. `refused`: the row at the old key is not what it was. */
export type Moved = 'moved' | 'taken' | 'refused'

/**
 * Where Django keeps its sessions: one row for each key, and a key is the id in the cookie. Each method is one atomic step, for
 * Django's own processes too. None makes a row where none is, but `insert`: what Django ended stays ended.
 *
 * A row is *alive* while its `expires` is later than `now` (milliseconds since 1970).
 *
 * @throws EngineUnavailable from every method if the store is down or does not answer in time. @throws RecordRefused if it
 * does not take this one text.
 */
export interface DjangoStore {
  /** The row at `key`, expired or not. */
  read(key: string): Promise<DjangoRow | undefined>
  /** Stores the row if nothing stands at `key`. */
  insert(key: string, row: DjangoRow): Promise<boolean>
  /** Puts the row in the place of the one at `key`, if that is alive and still says `before`. */
  replace(key: string, row: DjangoRow, before: string, now: number): Promise<boolean>
  /** The same, and the row stands at `to` from then on. */
  move(
    keys: { readonly from: string; readonly to: string },
    row: DjangoRow,
    before: string,
    now: number,
  ): Promise<Moved>
  /** Gives the row at `key` another end, if it is alive. Its text stays. */
  extend(key: string, expires: number, now: number): Promise<boolean>
  remove(key: string): Promise<boolean>
  /** Removes at most `limit` rows that Django's `clearsessions` would remove. Answers how many. */
  removeExpired(limit: number, now: number): Promise<number>
  close(): Promise<void>
}
