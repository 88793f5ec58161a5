// The link of an invitation. What is behind the # is never sent by a browser, so it is in no log of a server or proxy.

export function invitationUrl(baseUrl: string, secret: string): string {
  return `${baseUrl.replace(/\/$/, '')}/invitation#${secret}`
}
