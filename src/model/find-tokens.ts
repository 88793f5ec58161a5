// Finds API key tokens in a text. A whole token is proven by its checksum, so anything but word characters may separate its
// characters. A token that was cut, mistyped or changed in case is found by its prefix, with stricter rules for separators.

import { decodedWords, hasEscapedLetter, type Words } from './decoded-words.js'
import { KEY_ID_LENGTH, keyIdOfWhole, PREFIX, TOKEN_LENGTH } from './token-format.js'

export interface FoundToken {
  /** Where it stands in the text. */
  readonly from: number
  readonly to: number
  /** null: it has none for certain. */
  readonly keyId: string | null
  /** How many characters it has behind its prefix, those between them not counted. */
  readonly length: number
}

interface Candidate {
  /** Of its first character among the words. */
  readonly at: number
  /** Of a whole one only. */
  readonly keyId: string | null
}

/** What breaks a token in two without ending it: line ends and all else that is not printed, also as JSON or a URL writes it. */
const UNPRINTED = '[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\ufffd]'
const BREAK = new RegExp(`^(?:(?!\\t)${UNPRINTED}|\\\\+(?:[nr]|u[\\da-f]{4})|%(?:25)*0[ad])+ *$`, 'iu')
/** Blanks as well, which end one where nothing else proves that it goes on. */
const SPACE = new RegExp(`^(?:\\s|${UNPRINTED}|\\\\+(?:[nrt]|u[\\da-f]{4})|%(?:25)*(?:0[9ad]|20))+$`, 'iu')
const KEY_ID = /^[0-9A-Za-z]{12}_/
/** A part of a secret that is hardly a word of a language. */
const RANDOM = /^(?=\w{8}).*(?:\d[A-Za-z]|[A-Za-z]\d|[a-z][A-Z])/
/** No words, also as a string of JSON writes it. */
const BETWEEN = '(?:\\\\[bfnrt]?|[^\\w\\\\])*'
const BROKEN_PREFIX = new RegExp([...PREFIX].join(BETWEEN), 'i')

/** Whether a text has anything like the prefix of a token. Costs two searches where no letter is escaped. */
export function mayHoldToken(text: string): boolean {
  return BROKEN_PREFIX.test(text) || (hasEscapedLetter(text) && BROKEN_PREFIX.test(decodedWords(text).text))
}

/** Finds what is a token or a part of one, in order and without overlaps, in linear time. */
export function findTokens(text: string): FoundToken[] {
  if (!BROKEN_PREFIX.test(text) && !hasEscapedLetter(text)) return []
  const words = decodedWords(text)
  const gaps = new Gaps(text, words)
  const candidates = candidatesIn(words.text, gaps)
  const found: FoundToken[] = []
  let last = 0
  for (const [index, candidate] of candidates.entries()) {
    // A key id may end like a prefix.
    if (candidate.at < last) continue
    const limit = candidates[index + 1]?.at ?? words.text.length
    const { end, keyId } = extentOf(candidate, words.text, gaps, limit)
    const start = candidate.at + PREFIX.length
    if (end <= start) continue
    last = end
    found.push({ from: words.from[candidate.at] ?? 0, to: words.to[end - 1] ?? 0, keyId, length: end - start })
  }
  return found
}

function candidatesIn(words: string, gaps: Gaps): Candidate[] {
  return [...words.matchAll(/pstn_/gi)].flatMap(({ index: at }) => {
    const start = at + PREFIX.length
    const keyId = keyIdOfWhole(PREFIX + words.slice(start, at + TOKEN_LENGTH))
    return keyId !== null || gaps.are(SPACE, at, start) ? [{ at, keyId }] : []
  })
}

/** Returns where a token ends among the words; that there is none is an end at its start. */
function extentOf(
  candidate: Candidate,
  words: string,
  gaps: Gaps,
  limit: number,
): { end: number; keyId: string | null } {
  const { at } = candidate
  const [start, whole] = [at + PREFIX.length, at + TOKEN_LENGTH]
  const secret = start + KEY_ID_LENGTH + 1
  // Wider than a whole one, so that one with more stuck to it loses its secret as well.
  if (candidate.keyId !== null) return { end: gaps.reach(whole, limit), keyId: candidate.keyId }
  const broken = gaps.are(BREAK, at, start) ? gaps.reach(start, limit, BREAK, whole) : start
  if (secret > limit || !KEY_ID.test(words.slice(start, secret)) || !gaps.are(SPACE, at, secret)) {
    return { end: broken, keyId: null }
  }
  const end = reachRandom(words, gaps, Math.max(broken, secret), Math.min(limit, whole), limit)
  const keyId = gaps.are(null, start, secret) ? words.slice(start, secret - 1) : null
  if (end > secret) return { end, keyId }
  return { end: keyId === null ? broken : start, keyId: null }
}

/** Goes on behind blanks as long as what follows looks like a secret. */
function reachRandom(words: string, gaps: Gaps, from: number, most: number, limit: number): number {
  let end = gaps.reach(from, limit)
  while (end < most && gaps.is(SPACE, end)) {
    const next = gaps.reach(end + 1, limit)
    if (!RANDOM.test(words.slice(end, next))) break
    end = next
  }
  return end
}

/** What stands in a text between one character of its words and the next. */
class Gaps {
  readonly #text: string
  readonly #words: Words

  constructor(text: string, words: Words) {
    this.#text = text
    this.#words = words
  }

  /** Whether there is nothing in front of a character but what a pattern allows; null: nothing at all. */
  is(pattern: RegExp | null, at: number): boolean {
    const from = this.#words.to[at - 1] ?? 0
    const to = this.#words.from[at] ?? 0
    return from === to || (pattern !== null && pattern.test(this.#text.slice(from, to)))
  }

  /** The same of all gaps between the characters from one on and up to another. */
  are(pattern: RegExp | null, from: number, to: number): boolean {
    for (let at = from + 1; at < to; at++) if (!this.is(pattern, at)) return false
    return true
  }

  /** Returns the end of the characters that follow on each other without a gap, or before `most`, with a gap of a pattern. */
  reach(from: number, limit: number, pattern: RegExp | null = null, most = from): number {
    let end = from
    while (end < limit && this.is(end < most ? pattern : null, end)) end++
    return end
  }
}
