import { line } from './form.js'

/**
 * Bytes of a text that is kept, as JSON writes it. Forty letters of most alphabets, twenty emoji: a few dozen such
 * texts still fit the one cookie that a session of the engine `signed_cookies` is.
 */
const HEAVIEST = 80

/** One line of text that is to be kept. Forty characters could be a kilobyte: some emoji are 25 bytes each. */
export function keptLine(what: string) {
  return line(what)
    .refine((text) => Buffer.byteLength(JSON.stringify(text)) - 2 <= HEAVIEST, {
      error: `${what} has at most ${HEAVIEST} bytes: an emoji takes four or more of them.`,
    })
    .refine((text) => !/\p{Cs}/u.test(text), { error: `${what} is text: half a character is not.` })
}
