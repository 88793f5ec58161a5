// Text as a terminal shows it: how wide it is, how it is cut and wrapped, and what must not reach a terminal at all.

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

// East Asian wide letters and emoji take two cells (Unicode Standard Annex #11).
const WIDE =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60\u3000-\u303e]/u

// Control characters would let a name or description that others chose move the cursor or rewrite what is on screen;
// the bidirectional ones would show it in another order than it is stored in.
const UNSAFE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Makes a text from elsewhere safe to print: one line, no control characters. */
export function printable(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, ' ').replace(UNSAFE, '\ufffd')
}

/** Tells how many cells of a terminal a printable text takes. */
export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** Cuts a printable text to a width, and shows by `…` that it was cut. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const { segment } of graphemes.segment(text)) {
    used += displayWidth(segment)
    if (used > width) break
    kept += segment
  }
  return kept + '…'
}

/** Fills a printable text with spaces up to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** Breaks a printable text at spaces into lines of at most this width. A longer word keeps a line to itself: what is
 * meant to be copied is never broken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
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
