// Refuses an API key token among the arguments, before anything is sent: it would get into the path of a request, or be kept
// as a name or a description. It is in the shell's history already.

import type { Command } from 'commander'
import { holdsToken, keyIdOf } from '../model/redact.js'
import { usageError } from './command-error.js'

/** Makes every command below this one refuse tokens, but the one that completes what a shell has so far. */
export function refuseTokens(program: Command): void {
  program.hook('preAction', (_program, command) => {
    if (command.name().startsWith('__')) return
    const options = command.options.map(option => ({
      what: option.long ?? option.flags,
      value: command.getOptionValue(option.attributeName()) as unknown,
    }))
    const words = command.registeredArguments.map((argument, index) => ({
      what: `<${argument.name()}>`,
      value: command.processedArgs[index] as unknown,
    }))
    for (const { what, value } of [...words, ...options]) {
      const token = [value].flat().find(word => typeof word === 'string' && holdsToken(word))
      if (typeof token === 'string') throw holding(what, token)
    }
  })
}

function holding(what: string, token: string) {
  const id = keyIdOf(token)
  const which = id === null ? '' : `the id of its key is ${id}: `
  const how = id === null ? 'postern key revoke --token -' : `postern key revoke ${id}`
  return usageError(
    `${what} holds an API key token; nothing was sent`,
    `${which}revoke it if others may have seen it, with ${how}`,
  )
}
