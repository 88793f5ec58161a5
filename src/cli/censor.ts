// The last door before stderr: takes secrets out of messages that repeat what was typed.

// As in design: `pstn_`, 12 characters of key id, `_`, 49 of secret. Shorter tails too: a token cut by a paste is
// still most of a secret.
const TOKEN = /pstn_([0-9A-Za-z]{12})_[0-9A-Za-z]+/g

// What stands before the last `@` of a URL, and libpq's password parameter.
const USER_INFO = /(:\/\/)[^\s]*@/g
const PASSWORD_PARAMETER = /(password=)[^&\s'"]*/gi

/** Replaces tokens and the passwords of URLs; a token's public key id stays. */
export function censor(text: string): string {
  return text
    .replace(TOKEN, 'pstn_$1_[hidden]')
    .replace(USER_INFO, '$1[hidden]@')
    .replace(PASSWORD_PARAMETER, '$1[hidden]')
}

/** Finds the public key id in a token, or null when the text does not look like a token. */
export function keyIdOf(text: string): string | null {
  return /^pstn_([0-9A-Za-z]{12})_/.exec(text)?.[1] ?? null
}
