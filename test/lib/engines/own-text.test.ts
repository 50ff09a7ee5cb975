import test from 'ava'
import { ownText } from '../../../src/lib/engines/own-text.js'

test('a copy says what its text says, whatever that is', (t) => {
  const texts = ['', 'a1', '\0\u007f', '\u00e9\u00ff', '\u0131', '\u0161', '\ud83d\ude00', '\ud800', '\ufffd']
  for (const text of texts) t.is(ownText(text), text)
})
