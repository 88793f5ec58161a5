// `postern key revoke` and `revoke-all`: the fast way out, so neither asks a question first.

import type { Command } from 'commander'
import { keyIdOf } from '../model/redact.js'
import { answer } from './answer.js'
import { usageError } from './command-error.js'
import { examples, withJson, type JsonOption } from './help.js'
import { ofAccount } from './names.js'
import { FROM_STDIN, SecretInput } from './secret-input.js'
import type { Terminal } from './terminal.js'

/** Adds `key revoke`. */
export function addKeyRevoke(key: Command, terminal: Terminal): void {
  const command = key
    .command('revoke [id]')
    .summary('take a key back')
    .description(
      'Revoke one key, by its id or by its token. Logins with it are refused and its sessions end, normally within ' +
        'a second. With --token no API key is needed: who holds a token may revoke it.',
    )
    .option('--token <->', 'read the token from stdin, or ask for it')
  withJson(command).action(async (id: string | undefined, options: JsonOption & { token?: string }) => {
    checkRevoke(id, options.token)
    if (id !== undefined) return revokeById(terminal, id, options)
    return revokeByToken(terminal, await new SecretInput(terminal).next('token'), options)
  })
  examples(command, [
    ['postern key revoke 4kTq0nZb7XvA', 'Revoke by id, as key list shows it.'],
    ['postern key revoke --token - < leaked-token', 'Revoke a token that was found somewhere.'],
  ])
}

// A token in the arguments is in the shell's history and was in the list of processes: it must not become a habit.
function checkRevoke(id: string | undefined, token: string | undefined): void {
  if (token !== undefined && token !== FROM_STDIN) {
    throw usageError('--token takes no token, only -', 'others can read arguments: write the token to stdin')
  }
  if ((id === undefined) === (token === undefined)) {
    throw usageError('give either the id of a key or --token -', 'see postern key revoke --help')
  }
}

function revokeById(terminal: Terminal, id: string, options: JsonOption): Promise<void> {
  return answer(terminal, options, async postern => {
    const { data: key } = await postern.POST('/v1/keys/{id}/revoke', { params: { path: { id } } })
    return { data: key, text: () => `Revoked key ${key.id} of ${key.account}.` }
  })
}

// Whether the token was of any key is not told: the same answer for all.
function revokeByToken(terminal: Terminal, token: string, options: JsonOption): Promise<void> {
  return answer(terminal, { ...options, anonymous: true }, async postern => {
    await postern.POST('/v1/keys/revoke', { body: { token } })
    const id = keyIdOf(token)
    return { data: { id }, text: () => `If there is a key with this token (${id ?? 'no id'}), it is revoked.` }
  })
}

/** Adds `key revoke-all`. */
export function addKeyRevokeAll(key: Command, terminal: Terminal): void {
  const command = key
    .command('revoke-all <account>')
    .summary('take all keys of an account back')
    .description(
      'Revoke every key of an account. Its sessions end; new keys can be made. The number printed is that of the keys ' +
        'that were active.',
    )
  withJson(command).action((account: string, options: JsonOption) =>
    answer(terminal, { ...options, names: ofAccount(account) }, async postern => {
      const { data: done } = await postern.POST('/v1/accounts/{account}/keys/revoke-all', {
        params: { path: { account } },
      })
      const { active } = done
      return { data: done, text: () => `Revoked ${active} active ${active === 1 ? 'key' : 'keys'} of ${account}.` }
    }),
  )
  examples(command, [['postern key revoke-all robot', 'End all that robot does at the moment.']])
}
