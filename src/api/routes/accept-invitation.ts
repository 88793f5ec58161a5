// Lets in whoever holds an invitation's link: they choose a password, and are signed in. For a person who has an account
// (the link of an admin who set up the store, or of one who forgot their password) it sets the password.

import { Type } from 'typebox'
import { createPersonalAccount, setPasswordHash } from '../../store/account-lifecycle.js'
import { findPerson } from '../../store/accounts.js'
import { acceptInvitation, findOpenInvitation, type Invitation } from '../../store/invitations.js'
import type { Transaction } from '../../store/transaction.js'
import { change } from '../audit-trail.js'
import { hashSecret } from '../console-cookie.js'
import { FailureLimits } from '../failure-limits.js'
import { NewPassword, requireStrong } from '../new-password.js'
import { orProblem } from '../access.js'
import { Problem } from '../problem.js'
import { body } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'
import { answerSignIn, signIn, SignedInSchema } from '../sign-in.js'

const Acceptance = body(
  {
    token: Type.String({
      minLength: 1,
      maxLength: 200,
      writeOnly: true,
      description: 'What is behind the # of the link.',
    }),
    password: NewPassword,
  },
  { title: 'InvitationAcceptance' },
)

export function acceptInvitationRoutes(app: Api, { store, console }: ApiParts): void {
  const limits = new FailureLimits(store, 'invitation', console)

  app.post(
    '/invitations/accept',
    {
      config: {
        permission: 'public',
        audit: 'invitation.accept',
        problems: ['invitation_refused', 'too_many_failures', 'busy'],
      },
      schema: {
        operationId: 'acceptInvitation',
        tags: ['invitations'],
        summary: 'Accept an invitation',
        description:
          'Makes the account with this password and signs in, as a login does. The answer is the same for a link that ' +
          'never was, was used, was taken back or has expired.',
        security: [],
        body: Acceptance,
        response: { 200: SignedInSchema },
      },
    },
    async (request, reply) => {
      const { token, password } = request.body
      const invitation = await find(request.ip, token.trim())
      requireStrong('password', password, invitation.email)
      const hash = await console.passwords.hash(password)
      const acceptance = change(store, request, async (tx, note) => {
        const { email, orgRole } = await acceptInvitation(tx, invitation.id)
        const accountId = await letIn(tx, invitation, hash)
        const made = await signIn(tx, request, console, accountId)
        note({ target: email, after: { org_role: orgRole, session: made.session.id } })
        return made
      })
      const signedIn = await orProblem('not_found', 'invitation_refused', acceptance)
      return answerSignIn(request, reply, console, signedIn)
    },
  )

  async function find(address: string, token: string): Promise<Invitation> {
    let invitation: Invitation | null = null
    await limits.check({ address, account: null }, async () => {
      invitation = await findOpenInvitation(store, hashSecret(token))
      return invitation !== null
    })
    if (invitation === null) throw new Problem('invitation_refused')
    return invitation
  }
}

/** A deactivated person stays out: signing in finds no active account, and all is undone. */
async function letIn(tx: Transaction, { email, orgRole }: Invitation, passwordHash: string): Promise<string> {
  const person = await findPerson(tx, email)
  if (!person || person.state === 'deleted') {
    return (await createPersonalAccount(tx, { email, orgRole, passwordHash })).id
  }
  await setPasswordHash(tx, person.id, passwordHash)
  return person.id
}
