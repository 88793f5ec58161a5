// Text as a terminal shows it: how wide it is, how it is wrapped, and what must not reach a terminal at all.

import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

// Control characters would let a name or description that others chose move the cursor or rewrite what is on screen;
// the bidirectional ones would show it in another order than it is stored in.
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu

/** Makes a text from elsewhere safe to print: one line, no control characters. */
export function printable(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, ' ').replace(UNSAFE, '\ufffd')
}

/** Returns how many cells of a terminal a printable text takes: East Asian wide letters and emoji take two. */
export function displayWidth(text: string): number {
  return stringWidth(text)
}

/** Returns the width of the longest word, which `wrap` does not break. */
export function longestWord(text: string): number {
  return Math.max(...text.split(' ').map(displayWidth))
}

/** Fills a printable text with spaces up to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** Breaks a printable text at spaces into lines of at most this width. A longer word is broken where `breaksWords`; by
 * default it has a line to itself, because what is meant to be copied stays whole. */
export function wrap(text: string, width: number, breaksWords = false): string[] {
  if (displayWidth(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(word => (breaksWords ? pieces(word, width) : [word]))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || displayWidth(longer) <= width) {
      line = longer
      continue
    }
    lines.push(line)
    line = word
  }
  return [...lines, line]
}

/** Splits a word into pieces of at most this width, between letters as a reader sees them. */
function pieces(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word]
  const found: string[] = []
  let piece = ''
  for (const { segment } of graphemes.segment(word)) {
    if (piece !== '' && displayWidth(piece + segment) > width) {
      found.push(piece)
      piece = ''
    }
    piece += segment
  }
  return [...found, piece]
}
