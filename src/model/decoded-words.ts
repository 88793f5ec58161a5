// The letters, digits and underscores of a text in plain form, each with its place in the text: escapes are decoded, and all
// else is left out. So a token is found however it was broken or encoded.

/** `text[n]` is what stands from `from[n]` up to `to[n]` in the original. */
export interface Words {
  readonly text: string
  readonly from: Uint32Array
  readonly to: Uint32Array
}

const HEX = '[0-9A-Fa-f]'
/** Blanks, control and format characters, and what else has no width. */
const UNSEEN = '[\\s\\p{C}\\p{Default_Ignorable_Code_Point}]+'
const ESCAPES = [
  // Percent-encoding, once or several times over.
  `%(?:25)*${HEX}{2}`,
  // JSON and other languages; a line that a shell goes on with. A run of backslashes matches in any case, so that it is looked
  // at once.
  `\\\\+(?:${UNSEEN}|[_bfnrt]|u${HEX}{4}|u\\{${HEX}{1,6}\\}|U${HEX}{8}|x${HEX}{2})?`,
  // HTML.
  `&(?:#\\d{1,7}|#[xX]${HEX}{1,6}|[A-Za-z]{2,24});`,
]
const STEP = new RegExp([UNSEEN, ...ESCAPES].join('|'), 'gu')
/** Named characters that are one of a token or begin another escape. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  bsol: '\\',
  lowbar: '_',
  num: '#',
  percnt: '%',
  semi: ';',
  underbar: '_',
}
/** How deep escapes of several kinds may be nested. */
const MAX_ROUNDS = 8
const ESCAPE_SIGN = /[%\\&]/
const LETTER_ESCAPE = /[%&]|\\[Uux]/

/** Whether letters, digits or underscores of a text may be escaped. */
export function hasEscapedLetter(text: string): boolean {
  return LETTER_ESCAPE.test(text)
}

/** Takes the words of a text apart from all else, in linear time. */
export function decodedWords(text: string): Words {
  const places = new Uint32Array(text.length + 1)
  for (let at = 0; at <= text.length; at++) places[at] = at
  let words: Words = { text, from: places.subarray(0, -1), to: places.subarray(1) }
  for (let round = 0; round < MAX_ROUNDS && ESCAPE_SIGN.test(words.text); round++) {
    const decoded = replaced(words, STEP, meaningOf)
    if (decoded.text.length === words.text.length) break
    words = decoded
  }
  return replaced(words, /\W+/g, () => '')
}

/** @param meaning returns one character, or nothing */
function replaced({ text, from, to }: Words, pattern: RegExp, meaning: (match: string) => string): Words {
  const next = { text: '', from: new Uint32Array(text.length), to: new Uint32Array(text.length) }
  let done = 0
  const keepUpTo = (end: number) => {
    for (let at = done, length = next.text.length; at < end; at++, length++) {
      next.from[length] = from[at] ?? 0
      next.to[length] = to[at] ?? 0
    }
    next.text += text.slice(done, end)
  }
  for (const { 0: match, index } of text.matchAll(pattern)) {
    keepUpTo(index)
    done = index + match.length
    next.from[next.text.length] = from[index] ?? 0
    next.to[next.text.length] = to[done - 1] ?? 0
    next.text += meaning(match)
  }
  keepUpTo(text.length)
  return next
}

/** What else an escape means is left out: a token and the signs of escapes are ASCII. */
function meaningOf(match: string): string {
  if (match.startsWith('%')) return ascii(match.slice(-2), 16)
  if (match.startsWith('\\')) return meaningOfBackslash(match.slice(match.lastIndexOf('\\') + 1))
  if (!match.startsWith('&')) return ''
  if (match[1] !== '#') return NAMED[match.slice(1, -1).toLowerCase()] ?? ''
  return /x/i.test(match) ? ascii(match.slice(3, -1), 16) : ascii(match.slice(2, -1), 10)
}

function meaningOfBackslash(escaped: string): string {
  // One that begins no escape may do so when what stands in it was decoded.
  if (escaped === '') return '\\'
  if (escaped === '_') return escaped
  return escaped.length > 2 ? ascii(escaped.replace(/[^\da-f]/gi, ''), 16) : ''
}

function ascii(digits: string, base: number): string {
  const code = parseInt(digits, base)
  return code < 0x80 ? String.fromCharCode(code) : ''
}
