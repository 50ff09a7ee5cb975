import type { SessionOwner } from './session.js'
import type { SessionHandle } from './session-handle.js'

/** Saves a session outside a request, where there is no browser to be told, and no answer that could be too late. */
export class DetachedOwner implements SessionOwner {
  readonly #handle: SessionHandle

  constructor(handle: SessionHandle) {
    this.#handle = handle
  }

  async save(): Promise<void> {
    await this.#handle.commit({ failed: false, tooLate: false, gone: false, explicit: true })
    this.#handle.state.restartTracking(true)
  }
}
