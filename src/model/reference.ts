// References: what a rejected client is asked to quote, and how one is found again in whatever was pasted.
//
// A connection has `7CEPH-YNPTA`: in the DETAIL of its refusal, in the log, and as the id of its session. A request to the
// API has `urn:uuid:` and a UUID: the `instance` of its problem (RFC 9457, section 3.1.5; RFC 9562, section 4). The audit log
// stores both as they are printed.

/** Characters of a connection's reference: without 0, O, 1, I and L, as it is read out over the phone. */
export const REFERENCE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'

/** Both forms, for messages. */
export const REFERENCE_FORMS = '7CEPH-YNPTA or urn:uuid:3f2b8c1e-5d4a-4f6b-9a7c-0e1d2c3b4a59'

/** Returns the reference of a request to the API.
 * @param id a UUID in lower case */
export function requestReference(id: string): string {
  return `urn:uuid:${id}`
}

/** Finds the reference in a text: one as it is printed, in any case, within whatever was copied with it, such as the whole
 * error of psql, a problem of the API, a line of the log, or a link to the audit log. Of several, the labelled one is meant,
 * and then the first.
 * @returns the form that is stored; null: the text has none */
export function findReference(text: string): string | null {
  const plain = text.slice(0, MAX_TEXT).replace(DASHES, '-').replace(/%3a/gi, ':')
  for (const pattern of PATTERNS) {
    const found = pattern.exec(plain)?.[1]
    if (found !== undefined) return toStored(found)
  }
  return null
}

function toStored(found: string): string {
  return found.length === UUID_LENGTH ? requestReference(found.toLowerCase()) : found.toUpperCase()
}

/** Characters that are searched. */
const MAX_TEXT = 100_000
const UUID_LENGTH = 36

/** Hyphens and dashes that word processors and chats put in place of a plain one. */
const DASHES = /[\u2010-\u2015\u2212]/g

const SHORT = '[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}'
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

// No part of a longer word. Without lookbehind, which is a syntax error in browsers of 2022.
const BEFORE = '(?:^|[^0-9A-Za-z-])'
const AFTER = '(?![0-9A-Za-z-])'
// A field of one line may drop the line ends of what is pasted into it: `Reference: 7CEPH-YNPTAHINT:  Use the …`.
const AFTER_LABELLED = `(?:${AFTER}|(?=[A-Z]+:))`

// The surest first. In a problem of the API and in a line of the log other UUIDs and words may come before the reference.
const PATTERNS: readonly RegExp[] = [
  new RegExp(`(?:^|[^a-z])reference[^0-9a-z]{0,8}(?:urn:uuid:)?(${SHORT}|${UUID})${AFTER_LABELLED}`, 'i'),
  new RegExp(`urn:uuid:(${UUID})${AFTER_LABELLED}`, 'i'),
  // Words such as "after-event" have the form too, but not in capitals.
  new RegExp(`${BEFORE}(${SHORT})${AFTER}`),
  new RegExp(`${BEFORE}(${UUID})${AFTER}`, 'i'),
  new RegExp(`${BEFORE}(${SHORT})${AFTER}`, 'i'),
]
