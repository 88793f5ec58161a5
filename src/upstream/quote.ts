// Puts names and texts into SQL where parameters can't go: utility statements take none. Manual, "Lexical Structure".

/** Quotes an identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a string constant: as an escape string, so that it means the same under any standard_conforming_strings. */
export function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
