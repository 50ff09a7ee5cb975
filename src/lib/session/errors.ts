/**
 * The session ended, or moved to a new id, while this request was running; what the request wanted to save was
 * not saved (S27). In a Koa application this is a 400 without any cookie: another answer may just have given the
 * browser a newer one.
 */
export class SessionInterrupted extends Error {
  override readonly name = 'SessionInterrupted'
  readonly code = 'E_SESSION_INTERRUPTED'
  readonly status = 400
  readonly expose = true

  constructor() {
    super(
      'The session ended before the request completed: it may have been logged out or renewed in another tab. ' +
        'Nothing was saved.',
    )
  }
}

/**
 * Other requests changed this session between each read and write of this one, for as often as it tried. Nothing was
 * saved; the request can be sent again.
 */
export class SessionContended extends Error {
  override readonly name = 'SessionContended'
  readonly code = 'E_SESSION_CONTENDED'
  readonly status = 503
  readonly expose = true
  readonly headers: Record<string, string> = { 'Retry-After': '1' }

  constructor() {
    super('Too many requests are changing this session at the same time. Nothing was saved; try again.')
  }
}

/**
 * The session was changed in a way that needs a cookie when no cookie could be sent any more: the response had begun, or
 * the client was gone. Nothing was saved.
 */
export class SessionTooLate extends Error {
  override readonly name = 'SessionTooLate'
  readonly code = 'E_SESSION_TOO_LATE'

  /** As Koa reads them. That a client went away is no fault of the application, so Koa prints no stack for it. */
  readonly status: number
  readonly expose: boolean

  /** `isGone`: the connection was closed before the response had begun. */
  constructor(isGone = false) {
    super(
      isGone
        ? 'The session was changed, but the client is gone, so nothing was saved.'
        : 'The session was changed, but the response has begun, so nothing was saved. A handler that writes the ' +
            'response itself must `await session.save()` before its first byte.',
    )
    this.status = isGone ? 400 : 500
    this.expose = isGone
  }
}

/** A value that JSON does not hold was put into a session. Names the key and the place within its value. */
export class UnsupportedValue extends TypeError {
  override readonly name = 'UnsupportedValue'
  readonly code = 'E_UNSUPPORTED_VALUE'
}

/**
 * The user has `MAX_SESSIONS_PER_USER` sessions already, and the policy is to refuse new ones. The log-in did not
 * happen; the session is what it was before the request.
 */
export class TooManySessions extends Error {
  override readonly name = 'TooManySessions'
  readonly code = 'E_TOO_MANY_SESSIONS'
  readonly status = 409
  readonly expose = true

  /** `limit`: how many the user may have. */
  constructor(readonly limit: number) {
    super(
      `You are logged in ${limit === 1 ? 'in another place' : `in ${limit} places`} already, which is as many as are ` +
        'allowed. Log out in one of them first.',
    )
  }
}

/** The engine cannot do this to the sessions of a user. The message says which engine, and what to do. */
export class NotOnThisEngine extends Error {
  override readonly name = 'NotOnThisEngine'
  readonly code = 'E_NOT_ON_THIS_ENGINE'
}

/**
 * Sessions of the user may be left that were to be ended: the list of them could not be read, and neither could all sessions
 * in the store. Those that were found have ended. The message says why, and what to do.
 */
export class RevocationIncomplete extends Error {
  override readonly name = 'RevocationIncomplete'
  readonly code = 'E_REVOCATION_INCOMPLETE'

  /** `ended`: how many sessions have ended. */
  constructor(
    readonly ended: number,
    why: string,
  ) {
    super(
      `${ended} of the user’s sessions ended, and others may be left: the list of them could not be read, and ${why}. Repair ` +
        'that, and revoke once more.',
    )
  }
}
