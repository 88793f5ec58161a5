// Generated from the OpenAPI document of the API. To change it, change the routes and generate it again.

export interface paths {
  '/healthz': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Tell whether the API answers */
    get: operations['getHealth']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/login': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Sign in to the console
     * @description For people. Sets a cookie and answers the token that requests which change things need beside it. Ends the session that the browser had before. Why a login is refused is in the audit log only.
     */
    post: operations['login']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/logout': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Sign out of the console
     * @description Ends the session of the cookie. A caller with a token has none, and nothing happens.
     */
    post: operations['logout']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/me': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Who you are */
    get: operations['getMe']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/me/sessions': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List where you are signed in to the console
     * @description All in one page, the newest first.
     */
    get: operations['listMySessions']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/me/sessions/revoke-all': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Sign out of the console everywhere
     * @description Here too. Your keys go on working.
     */
    post: operations['signOutEverywhere']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/me/password': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Change your password for the console
     * @description Ends every session of yours; called with the cookie, it sets that of a new one, and answers its token.
     */
    post: operations['changePassword']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/users': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List the people of the organization
     * @description For admins and viewers: nothing that a member does names another person.
     */
    get: operations['listUsers']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/users/{email}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Show a person
     * @description Members see themselves only.
     */
    get: operations['getUser']
    put?: never
    post?: never
    /**
     * Delete a person
     * @description For good: signs them out, revokes their keys, ends their sessions, forgets their grants. When they have made pinned accounts that live, say what shall become of those: `pinned_accounts=delete`, or `transfer_to` another active person, whose reach caps them from then on, at once for live sessions.
     */
    delete: operations['deleteUser']
    options?: never
    head?: never
    /**
     * Set what a person may do in the organization
     * @description Holds from their next request. Their roles on databases stay as they are.
     */
    patch: operations['editUser']
    trace?: never
  }
  '/v1/users/{email}/deactivate': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Deactivate a person
     * @description Signs them out, stops their keys and ends their sessions; the pinned accounts they made reach nothing meanwhile. Again changes nothing.
     */
    post: operations['deactivateUser']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/users/{email}/activate': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Activate a person again
     * @description Their keys work again; they have to sign in anew. Again changes nothing.
     */
    post: operations['activateUser']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/users/{email}/password-link': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Make a link by which a person chooses a new password
     * @description For who has forgotten theirs, or never chose one. It works once, as an invitation does; until then the old password goes on working. The answer holds the link, this once.
     */
    post: operations['createPasswordLink']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/invitations': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List invitations
     * @description The newest first; those that are over too.
     */
    get: operations['listInvitations']
    put?: never
    /**
     * Invite a person
     * @description The answer holds the link, this once; it works once. Postern sends no mail: give it to the person yourself. It takes the place of an open one for the same address.
     */
    post: operations['inviteUser']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/invitations/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Show an invitation */
    get: operations['getInvitation']
    put?: never
    post?: never
    /**
     * Take an invitation back
     * @description Its link works no more. Again changes nothing. One that was accepted can not be taken back.
     */
    delete: operations['revokeInvitation']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/invitations/accept': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Accept an invitation
     * @description Makes the account with this password and signs in, as a login does. The answer is the same for a link that never was, was used, was taken back or has expired.
     */
    post: operations['acceptInvitation']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the databases that you reach */
    get: operations['listDatabases']
    put?: never
    /**
     * Register a database
     * @description Provisions the three logins or takes those given, proves them, and keeps them if the proof holds. You get the role admin on it.
     */
    post: operations['addDatabase']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Show a database */
    get: operations['getDatabase']
    put?: never
    post?: never
    /**
     * Remove a database
     * @description Ends its sessions. Its logins stay on its server. A pinned service account that has no other database reaches nothing from then on. The answer names who lost access, as does the audit event; GET /v1/databases/{name}/removal names those who would.
     */
    delete: operations['removeDatabase']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/removal': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Show what removing a database would take away
     * @description Changes nothing.
     */
    get: operations['getRemovalImpact']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/check': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Prove the logins of a database again */
    post: operations['checkDatabase']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/connect': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Show how to connect an account to a database
     * @description For psql, drivers, ORMs and other tools. `<token>` stands for the token, which is not known here.
     */
    get: operations['getConnection']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/access': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List who has which role on a database, and why
     * @description People and service accounts, by name. Members see themselves and the service accounts they made.
     */
    get: operations['listAccess']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/access/{account}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Show which role one account has on a database, and why
     * @description Of an account without one: `role` is null, and `reason` is not_granted when nothing gives it a role.
     */
    get: operations['getAccess']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/explain': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Explain whether an account may use a database
     * @description For your own account and those that you manage; admins and viewers ask about any.
     */
    get: operations['explain']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/grants': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List who has which role on a database
     * @description All in one page: people with a grant of their own.
     */
    get: operations['listGrants']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/databases/{name}/grants/{account}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Give a person a role on a database
     * @description In place of the one they had there. A lesser role ends sessions with the greater one.
     */
    put: operations['setGrant']
    post?: never
    /**
     * Take a person's role on a database away
     * @description Ends the sessions that depended on it, those of service accounts that the person made too.
     */
    delete: operations['removeGrant']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/groups': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the groups */
    get: operations['listGroups']
    put?: never
    /**
     * Make a group
     * @description It has neither members nor grants yet.
     */
    post: operations['createGroup']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/groups/{group}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Show a group */
    get: operations['getGroup']
    put?: never
    post?: never
    /**
     * Delete a group
     * @description Its members lose what it gave them, and the sessions that depended on it end. Refused when a service account is in no other group.
     */
    delete: operations['deleteGroup']
    options?: never
    head?: never
    /** Change the name, the description or the permission of a group */
    patch: operations['editGroup']
    trace?: never
  }
  '/v1/groups/{group}/members': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List who is in a group */
    get: operations['listGroupMembers']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/groups/{group}/members/{account}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Put an account into a group
     * @description A person, or a service account of the scope `groups`. Again changes nothing.
     */
    put: operations['addGroupMember']
    post?: never
    /**
     * Take an account out of a group
     * @description Ends the sessions that depended on it, those of pinned service accounts that the member made too. Refused when it is the last group of a service account.
     */
    delete: operations['removeGroupMember']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/groups/{group}/grants': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List what a group gives its members */
    get: operations['listGroupGrants']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/groups/{group}/grants/{database}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Give a group a role on a database
     * @description In place of the one it had there. A lesser role ends the sessions that depended on the greater one.
     */
    put: operations['setGroupGrant']
    post?: never
    /**
     * Take a group's role on a database away
     * @description Ends the sessions that depended on it.
     */
    delete: operations['removeGroupGrant']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/service-accounts': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the service accounts that you made, or as an admin or viewer all */
    get: operations['listServiceAccounts']
    put?: never
    /**
     * Make a service account
     * @description The role of a pinned one may not exceed the least role that you have over its databases, now and at every login. One in groups has what those give, and is made by admins.
     */
    post: operations['createServiceAccount']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/service-accounts/{name}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Show a service account */
    get: operations['getServiceAccount']
    put?: never
    post?: never
    /**
     * Delete a service account
     * @description For good: revokes all its keys, ends its sessions, and gives its name back. When it administers and has made pinned accounts that live, say what shall become of those, as with a person.
     */
    delete: operations['deleteServiceAccount']
    options?: never
    head?: never
    /**
     * Change the description, the groups or the allow-list of a service account
     * @description Of one in groups only: a pinned one is never edited, and a name is what connection strings hold. What a group that it leaves gave it ends with its sessions, and so do those from where it may log in no more.
     */
    patch: operations['editServiceAccount']
    trace?: never
  }
  '/v1/service-accounts/{name}/disable': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Disable a service account
     * @description Its keys stop at once and its sessions end. Again changes nothing.
     */
    post: operations['disableServiceAccount']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/service-accounts/{name}/enable': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Enable a service account
     * @description Its keys work again, but for those revoked or expired. Again changes nothing.
     */
    post: operations['enableServiceAccount']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/accounts/{account}/keys': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List the keys of an account
     * @description Oldest first; revoked and expired ones too, unless `state` says otherwise.
     */
    get: operations['listKeys']
    put?: never
    /**
     * Create a key
     * @description The answer holds the token, this once: it is not stored and can not be shown again. Viewers make keys for themselves: these are how they connect.
     */
    post: operations['createKey']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/accounts/{account}/keys/revoke-all': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Revoke every key of an account
     * @description Ends their sessions. Idempotent. Expired keys are revoked as well, and not counted.
     */
    post: operations['revokeAllKeys']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/keys/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Show a key */
    get: operations['getKey']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    /** Change the name or the description of a key */
    patch: operations['editKey']
    trace?: never
  }
  '/v1/keys/{id}/revoke': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Revoke a key
     * @description Ends its sessions and touches no other key. Again changes nothing: the first time stands.
     */
    post: operations['revokeKey']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/expiring-keys': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List the keys that expire soon
     * @description Active keys, the first to expire first. Admins and viewers see those of all accounts; others see their own and those of the service accounts that they made.
     */
    get: operations['listExpiringKeys']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/keys/{id}/rotate': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Replace a key
     * @description Makes a key of the same account, name and description, and lets the old one expire after a grace period. The answer holds the new token, this once: it is not stored and can not be shown again.
     */
    post: operations['rotateKey']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/keys/revoke': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Revoke a key by its token
     * @description Needs no login. The answer is the same whether or not a key has this token.
     */
    post: operations['revokeToken']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/audit-events': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List what was done, and what was refused
     * @description Newest first.
     */
    get: operations['listAuditEvents']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/audit-events/export': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Export the audit log
     * @description All events that match, oldest first, one JSON object a line. An answer that breaks off is not whole.
     */
    get: operations['exportAuditEvents']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/audit-events/verify': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Check that the audit log is as it was written
     * @description Each event carries a hash of itself and of the one before. Note the head, and give it as `anchor` later.
     */
    get: operations['verifyAuditEvents']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/sessions': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List live sessions
     * @description Those of all instances, as each last reported them, the oldest first. Admins and viewers see all; others see their own and those of the service accounts that they made.
     */
    get: operations['listSessions']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/sessions/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Show a live session */
    get: operations['getSession']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/sessions/{id}/end': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * End a live session
     * @description On whichever instance it is. Touches no key and no other session.
     */
    post: operations['endSession']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/instances': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List instances, and where a change is in force
     * @description An instance that was killed stays, as silent, until its sessions can not live any more: revocation.max_age.
     */
    get: operations['listInstances']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/login-blocks': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List the networks whose logins are refused
     * @description They have shown as many bad tokens as failed_logins.per_network allows. Each instance counts for itself, and reports within sessions.report. At most 1,000, the oldest first.
     */
    get: operations['listLoginBlocks']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/login-blocks/{address}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    post?: never
    /**
     * Let a network try again
     * @description The one that the address is in, or all that are in the network; on all instances, within a second as a rule. What it showed is forgotten.
     */
    delete: operations['removeLoginBlock']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/login-counts': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Count the logins of the last hour
     * @description Those of all instances, also of some that have stopped, by minute and by the true reason of a refusal. As the instances last reported them: the newest may be missing for some seconds.
     */
    get: operations['countLogins']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export type webhooks = Record<string, never>
export interface components {
  schemas: {
    Health: {
      /** @constant */
      status: 'ok'
    }
    FieldError: {
      /** @description Where: a path such as `scope.databases[0]`. Empty: the whole. */
      field: string
      /** @description What is wrong with it. */
      problem: string
      /** @description What it should be. */
      hint: string
    }
    Finding: {
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      /** @description What was checked. */
      check: string
      ok: boolean
      /** @description What was seen. */
      detail: string
      /** @description What ends it, such as SQL, where there is something to end. */
      hint: string | null
    }
    Problem: {
      title: string
      /** @description urn:postern:problem: and the code. */
      type: string
      status: number
      /**
       * @description Stable: programs may rely on it.
       * @enum {string}
       */
      code:
        | 'invalid_request'
        | 'malformed_json'
        | 'malformed_url'
        | 'malformed_request'
        | 'bad_cursor'
        | 'malformed_token'
        | 'bad_database_url'
        | 'login_needed'
        | 'credentials_rejected'
        | 'login_refused'
        | 'invitation_refused'
        | 'session_ended'
        | 'wrong_password'
        | 'csrf_token_rejected'
        | 'foreign_origin'
        | 'permission_denied'
        | 'groups_scope_needs_admin'
        | 'pinned_scope_needs_admin'
        | 'role_above_cap'
        | 'route_not_found'
        | 'database_not_found'
        | 'account_not_found'
        | 'user_not_found'
        | 'invitation_not_found'
        | 'key_not_found'
        | 'grant_not_found'
        | 'group_not_found'
        | 'member_not_found'
        | 'session_not_found'
        | 'login_block_not_found'
        | 'request_timeout'
        | 'name_taken'
        | 'key_limit_reached'
        | 'key_not_active'
        | 'no_access'
        | 'needs_group'
        | 'scope_immutable'
        | 'not_a_person'
        | 'request_under_way'
        | 'already_created'
        | 'user_exists'
        | 'user_deactivated'
        | 'own_account'
        | 'owns_service_accounts'
        | 'bad_new_maker'
        | 'last_admin'
        | 'conflict'
        | 'changed_meanwhile'
        | 'body_too_large'
        | 'url_too_long'
        | 'unsupported_media_type'
        | 'proof_failed'
        | 'database_is_store'
        | 'idempotency_key_reused'
        | 'too_many_failures'
        | 'too_many_requests'
        | 'headers_too_large'
        | 'internal_error'
        | 'upstream_failed'
        | 'store_unavailable'
        | 'store_not_migrated'
        | 'secrets_unreadable'
        | 'busy'
      /** @description What went wrong this time. */
      detail: string
      /** @description What to do about it. */
      hint: string
      /** @description Names this request in the log of the API. */
      instance: string
      /** @description Of invalid_request: every mistake. */
      errors?: components['schemas']['FieldError'][]
      /** @description Of role_above_cap: the most that is possible. */
      cap?: string | null
      /** @description Of role_above_cap: the database that sets the cap. */
      database?: string
      /** @description Of key_limit_reached: how many there may be. */
      limit?: number
      /** @description Of already_created: the path of what was made. */
      location?: string
      /** @description Of owns_service_accounts: the first 20. */
      service_accounts?: string[]
      /** @description Of owns_service_accounts: how many there are. */
      total?: number
      /** @description Of proof_failed: every check. */
      findings?: components['schemas']['Finding'][]
    }
    LoginRequest: {
      /** @description An e-mail address: name@example.com. */
      email: string
      /** @description Their password for the console. */
      password: string
    }
    /** @description The cookie is in the header Set-Cookie. */
    SignedIn: {
      account: {
        name: string
        email: string
        /** @enum {string} */
        kind: 'personal' | 'service'
        /**
         * @description null: a service account.
         * @enum {string|null}
         */
        org_role: 'admin' | 'member' | 'viewer' | null
        /** @description Whether you are an admin, by your role or through a group. */
        administers: boolean
        /** @description Names of the groups that you are in. */
        groups: string[]
      }
      /** @description To be sent as `x-csrf-token` with every request that changes things. */
      csrf_token: string
      /** Format: date-time */
      expires_at: string
    }
    Because: {
      /**
       * @description direct: a grant of its own. group: through a group. pinned: chosen when it was made. capped-by-maker: its maker has less than that by now.
       * @enum {string}
       */
      rule: 'direct' | 'group' | 'pinned' | 'capped-by-maker'
      /** @description Of group: which one. */
      group?: string
      /** @description Of capped-by-maker: whose role holds. */
      maker?: string
      /**
       * @description Of capped-by-maker: the role that was chosen.
       * @enum {string}
       */
      pinned?: 'reader' | 'writer' | 'admin'
    }
    Reach: {
      database: string
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      because: components['schemas']['Because']
    }
    Me: {
      account: {
        name: string
        email: string
        /** @enum {string} */
        kind: 'personal' | 'service'
        /**
         * @description null: a service account.
         * @enum {string|null}
         */
        org_role: 'admin' | 'member' | 'viewer' | null
        /** @description Whether you are an admin, by your role or through a group. */
        administers: boolean
        /** @description Names of the groups that you are in. */
        groups: string[]
      }
      /** Key */
      key: {
        /** @description Public: the 12 characters after `pstn_` of its token. */
        id: string
        account: string
        name: string | null
        description: string | null
        /**
         * @description The key's own: its account may be disabled.
         * @enum {string}
         */
        state: 'active' | 'expired' | 'revoked'
        /** Format: date-time */
        created_at: string
        /** @description Name of the account that made it; null: not known. */
        created_by: string | null
        /** Format: date-time */
        expires_at: string | null
        /** Format: date-time */
        revoked_at: string | null
        /** @description Id of the key that took its place. */
        successor: string | null
        /** @description Known to about a minute; null: never used. */
        last_used: {
          /** Format: date-time */
          at: string
          address: string | null
          /** @description What the client called itself. */
          application: string | null
          /** @description null: the API. */
          database: string | null
        } | null
      } | null
      reach: components['schemas']['Reach'][]
      /** @description For the header `x-csrf-token` of requests with the cookie. null: by a key. */
      csrf_token: string | null
    }
    ConsoleSession: {
      id: string
      /** @description Whether it is the one that asks. */
      current: boolean
      /** @description Where they signed in. */
      address: string | null
      user_agent: string | null
      /** Format: date-time */
      created_at: string
      /**
       * Format: date-time
       * @description To the minute.
       */
      last_seen_at: string
      /**
       * Format: date-time
       * @description The latest: it ends earlier when nothing is done.
       */
      expires_at: string
    }
    ConsoleSessionList: {
      items: components['schemas']['ConsoleSession'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    EndedConsoleSessions: {
      /** @description Sessions that were live, or idle for too long. */
      ended: number
    }
    PasswordChange: {
      /** @description The password until now. */
      current: string
      /** @description 12 to 128 characters, such as four words that do not belong together. */
      new: string
    }
    User: {
      /** @description Also the `user` of their connections. */
      email: string
      /**
       * @description admin: may do everything. member: makes keys and pinned accounts. viewer: sees all, changes nothing.
       * @enum {string}
       */
      org_role: 'admin' | 'member' | 'viewer'
      /** @description Whether they are an admin, by their role or through a group. */
      administers: boolean
      /**
       * @description disabled: deactivated; nothing of theirs works.
       * @enum {string}
       */
      state: 'active' | 'disabled' | 'deleted'
      groups: string[]
      active_keys: number
      /** Format: date-time */
      created_at: string
      /** Format: date-time */
      deactivated_at: string | null
    }
    UserList: {
      items: components['schemas']['User'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    UserEdit: {
      /**
       * @description admin: may do everything. member: makes keys and pinned accounts. viewer: sees all, changes nothing.
       * @enum {string}
       */
      org_role: 'admin' | 'member' | 'viewer'
    }
    Invitation: {
      id: string
      email: string
      /**
       * @description admin: may do everything. member: makes keys and pinned accounts. viewer: sees all, changes nothing.
       * @enum {string}
       */
      org_role: 'admin' | 'member' | 'viewer'
      /** @enum {string} */
      state: 'pending' | 'accepted' | 'expired' | 'revoked'
      /** @description null: Postern itself, for the first admin. */
      invited_by: string | null
      /** Format: date-time */
      created_at: string
      /** Format: date-time */
      expires_at: string
      /** Format: date-time */
      accepted_at: string | null
      /** Format: date-time */
      revoked_at: string | null
    }
    CreatedInvitation: {
      invitation: components['schemas']['Invitation']
      /** @description The link for the person. Its secret is behind the #, so it gets into no log. */
      url: string
      /** @description The link's secret by itself. Both are shown this once. */
      token: string
    }
    InvitationList: {
      items: components['schemas']['Invitation'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    NewInvitation: {
      /** @description An e-mail address: name@example.com. */
      email: string
      /**
       * @description admin: may do everything. member: makes keys and pinned accounts. viewer: sees all, changes nothing.
       * @enum {string}
       */
      org_role: 'admin' | 'member' | 'viewer'
    }
    InvitationAcceptance: {
      /** @description What is behind the # of the link. */
      token: string
      /** @description 12 to 128 characters, such as four words that do not belong together. */
      password: string
    }
    /** @description For admins of the organization. */
    Upstream: {
      host: string
      port: number
      dbname: string
      /** @enum {string} */
      sslmode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
      /** @description Whether it has certificate authorities of its own. */
      custom_ca: boolean
      announce: boolean
      users: {
        /** @description null: the store has no such login. */
        reader: string | null
        /** @description null: the store has no such login. */
        writer: string | null
        /** @description null: the store has no such login. */
        admin: string | null
      }
      /** Format: date-time */
      registered_at: string
    }
    /** @description `role` is your own; null: you see it as an admin of the organization. */
    Database: {
      name: string
      /**
       * @description reader < writer < admin
       * @enum {string|null}
       */
      role: 'reader' | 'writer' | 'admin' | null
      upstream?: components['schemas']['Upstream']
    }
    DatabaseList: {
      items: components['schemas']['Database'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    Login: {
      /** @description The LOGIN role on the server. */
      user: string
      /** @description Its password; sealed at rest, never shown. */
      password: string
    }
    Logins: {
      reader: components['schemas']['Login']
      writer: components['schemas']['Login']
      admin: components['schemas']['Login']
    }
    /** @description Either `provision: true` or `logins`. */
    NewDatabase: {
      /** @description `shop` or `owner/shop`: lower-case letters, digits, dashes and underscores, up to 63 each. */
      name: string
      /** @description postgres://user:password@host:port/dbname. Its user and password are used once and not kept. */
      url: string
      /** @description true: Postern makes the three logins itself, as the user of the URL. */
      provision?: boolean
      logins?: components['schemas']['Logins']
      /** @description PEM of the certificate authorities of its server. */
      ssl_root_cert?: string
      /** @description Whether sessions tell the server who they are, in postern.account and postern.key. Default true; false for a server that is a pooler. */
      announce?: boolean
    }
    Proof: {
      /** @description Whether every check is. */
      ok: boolean
      server: {
        version: string
      }
      findings: components['schemas']['Finding'][]
    }
    AddedDatabase: {
      database: components['schemas']['Database']
      proof: components['schemas']['Proof']
      /** @description What provisioning could not do, or did another way. */
      notes: string[]
    }
    RemovalImpact: {
      /** @description Pinned service accounts that have no other database. They reach nothing afterwards, and cannot be edited. */
      left_without_database: {
        /** @description How many there are. */
        total: number
        /** @description The first 100, by name. */
        accounts: string[]
      }
      /** @description All others who have a role on it, disabled accounts too. */
      losing_access: {
        /** @description How many there are. */
        total: number
        /** @description The first 100, by name. */
        accounts: string[]
      }
      /** @description How many end, as instances last reported them. */
      live_sessions: number
    }
    /** @description libpq's environment variables. */
    ConnectionEnv: {
      PGHOST: string
      PGPORT: string
      PGDATABASE: string
      PGUSER: string
      PGPASSWORD: string
      PGSSLMODE: string
      PGSSLROOTCERT?: string
    }
    /** @description JDBC tools take user and password apart from the URL. */
    ConnectionJdbc: {
      url: string
      user: string
      password: string
    }
    ConnectionTool: {
      /** @description The driver, ORM or tool. */
      tool: string
      /** @enum {string} */
      language: 'shell' | 'javascript' | 'python' | 'go' | 'csharp' | 'java' | 'text'
      /** @description Its connection string, with `<token>` in place of the token. */
      connection: string
      /** @description How to use it; the string is taken from DATABASE_URL. */
      code: string
      note: string | null
    }
    Connection: {
      /** @description The `user`. */
      account: string
      database: string
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      host: string
      port: number
      /** @enum {string} */
      sslmode: 'disable' | 'require' | 'verify-full'
      /** @description File of the certificate authority, if it is one of our own. */
      sslrootcert: string | null
      /**
       * @description Stands for the token of a key.
       * @constant
       */
      password: '<token>'
      uri: string
      /** @description For a shell: the token is not among the arguments. */
      psql: string
      /** @description A line for ~/.pgpass. */
      pgpass: string
      /** @description libpq's key/value form. */
      dsn: string
      env: components['schemas']['ConnectionEnv']
      jdbc: components['schemas']['ConnectionJdbc']
      tools: components['schemas']['ConnectionTool'][]
      /** @description What to know about TLS here. */
      notes: string[]
    }
    /** @description `role` is null for a pinned account that has lost what was chosen for it. */
    Access: {
      account: string
      /** @enum {string} */
      kind: 'personal' | 'service'
      /**
       * @description The account logs in only while it is active.
       * @enum {string}
       */
      state: 'active' | 'disabled' | 'deleted'
      /**
       * @description reader < writer < admin
       * @enum {string|null}
       */
      role: 'reader' | 'writer' | 'admin' | null
      because?: components['schemas']['Because']
      /**
       * @description Of a pinned account without a role: what became of its maker, or of the role of its maker.
       * @enum {string|null}
       */
      reason: 'not_granted' | 'maker_inactive' | 'maker_lost_it' | null
    }
    AccessList: {
      items: components['schemas']['Access'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    /** @description `role` and `because` are there when it is allowed, `reason` when it is not. */
    Explanation: {
      account: string
      database: string
      allowed: boolean
      /**
       * @description reader < writer < admin
       * @enum {string|null}
       */
      role: 'reader' | 'writer' | 'admin' | null
      /** @description The networks that the account may log in from. null: from anywhere. */
      allow_from: string[] | null
      because?: components['schemas']['Because']
      /** @description The LOGIN role on the server; admins and viewers see it. */
      login?: string
      /**
       * @description What stands in the way.
       * @enum {string|null}
       */
      reason:
        | 'unknown_account'
        | 'deleted'
        | 'disabled'
        | 'no_active_key'
        | 'database_unknown'
        | 'not_granted'
        | 'databases_removed'
        | 'address'
        | 'maker_inactive'
        | 'maker_lost_it'
        | null
      /** @description The same in words. */
      detail: string
    }
    Grant: {
      account: string
      database: string
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      /** Format: date-time */
      created_at: string
    }
    GrantList: {
      items: components['schemas']['Grant'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    NewGrant: {
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
    }
    Group: {
      name: string
      description: string | null
      /** @description Whether its members administer the organization; people who are viewers stay viewers. */
      organization_admin: boolean
      /** @description How many there are. */
      members: number
      /** @description How many there are. */
      grants: number
      /** Format: date-time */
      created_at: string
    }
    GroupList: {
      items: components['schemas']['Group'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    NewGroup: {
      /** @description Up to 63 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit. */
      name: string
      /** @description What it is for, up to 1,000 characters. */
      description?: string
      /** @description Whether its members administer the organization; people who are viewers stay viewers. */
      organization_admin?: boolean
    }
    /** @description What is left out stays. */
    GroupEdit: {
      /** @description Up to 63 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit. */
      name?: string
      /** @description What it is for, up to 1,000 characters. */
      description?: string | null
      /** @description Whether its members administer the organization; people who are viewers stay viewers. */
      organization_admin?: boolean
    }
    GroupMember: {
      account: string
      /** @enum {string} */
      kind: 'personal' | 'service'
      /** @enum {string} */
      state: 'active' | 'disabled' | 'deleted'
      /** Format: date-time */
      since: string
    }
    GroupMemberList: {
      items: components['schemas']['GroupMember'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    GroupGrant: {
      group: string
      database: string
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      /** Format: date-time */
      created_at: string
    }
    GroupGrantList: {
      items: components['schemas']['GroupGrant'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    NewGroupGrant: {
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
    }
    PinnedScope: {
      /** @constant */
      type: 'pinned'
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      /** @description By name. Empty: all of its databases were removed. It reaches nothing, and cannot be edited. */
      databases: string[]
    }
    GroupsScope: {
      /** @constant */
      type: 'groups'
      /** @description By name. */
      groups: string[]
    }
    ServiceAccount: {
      /** @description The `user` of its connections. */
      name: string
      /** @description Made up: no mail arrives there. */
      email: string
      description: string | null
      /** @enum {string} */
      state: 'active' | 'disabled' | 'deleted'
      /** @description Its `type` is pinned or groups. */
      scope: components['schemas']['PinnedScope'] | components['schemas']['GroupsScope']
      /** @description Networks that it may log in from. null: from anywhere. */
      allow_from: string[] | null
      /** @description Of a pinned one: whose reach caps its own. */
      made_by: string | null
      active_keys: number
      /** Format: date-time */
      last_used_at: string | null
      /** Format: date-time */
      created_at: string
      /** Format: date-time */
      disabled_at: string | null
    }
    ServiceAccountList: {
      items: components['schemas']['ServiceAccount'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    /** @description It can not be changed later: its maker can only delete it and make another. */
    NewPinnedScope: {
      /**
       * @description pinned: one role on a fixed set of databases.
       * @constant
       */
      type: 'pinned'
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      /** @description Names of 1 to 100 databases that you reach, each once. */
      databases: string[]
    }
    /** @description Made and changed by admins of the organization. */
    NewGroupsScope: {
      /**
       * @description groups: what its groups give.
       * @constant
       */
      type: 'groups'
      /** @description Names of 1 to 100 groups, each once. */
      groups: string[]
    }
    NewServiceAccount: {
      /** @description Up to 63 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit. */
      name: string
      /** @description What it is for, up to 1,000 characters. */
      description?: string
      /** @description Its `type` is pinned or groups. */
      scope: components['schemas']['NewPinnedScope'] | components['schemas']['NewGroupsScope']
      /** @description Networks that it may log in from, 1 to 100: 192.0.2.0/24, 2001:db8::/32, or an address alone. An IPv4-mapped IPv6 address counts as IPv4. null: from anywhere. */
      allow_from?: string[] | null
    }
    /** @description What is left out stays. `groups` and `allow_from` are set as a whole. */
    ServiceAccountEdit: {
      /** @description What it is for, up to 1,000 characters. */
      description?: string | null
      /** @description Names of 1 to 100 groups, each once. */
      groups?: string[]
      /** @description Networks that it may log in from, 1 to 100: 192.0.2.0/24, 2001:db8::/32, or an address alone. An IPv4-mapped IPv6 address counts as IPv4. null: from anywhere. */
      allow_from?: string[] | null
    }
    Key: {
      /** @description Public: the 12 characters after `pstn_` of its token. */
      id: string
      account: string
      name: string | null
      description: string | null
      /**
       * @description The key's own: its account may be disabled.
       * @enum {string}
       */
      state: 'active' | 'expired' | 'revoked'
      /** Format: date-time */
      created_at: string
      /** @description Name of the account that made it; null: not known. */
      created_by: string | null
      /** Format: date-time */
      expires_at: string | null
      /** Format: date-time */
      revoked_at: string | null
      /** @description Id of the key that took its place. */
      successor: string | null
      /** @description Known to about a minute; null: never used. */
      last_used: {
        /** Format: date-time */
        at: string
        address: string | null
        /** @description What the client called itself. */
        application: string | null
        /** @description null: the API. */
        database: string | null
      } | null
    }
    KeyList: {
      items: components['schemas']['Key'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    NewKey: {
      /** @description What people call it, up to 100 characters. */
      name?: string
      /** @description What it is for, up to 1,000 characters. */
      description?: string
      /** @description Days from now, 1 to 3650. Left out: it does not expire. */
      expires_in_days?: number
    }
    CreatedKey: {
      key: components['schemas']['Key']
      /** @description The secret: the password of connections. It is shown this once. */
      token: string
    }
    RevokedKeys: {
      /** @description How many keys were active until now. */
      active: number
      /** @description Ids of the keys that were active until now. */
      revoked: string[]
    }
    /** @description What is left out stays as it is. */
    KeyEdit: {
      /** @description What people call it, up to 100 characters. */
      name?: string | null
      /** @description What it is for, up to 1,000 characters. */
      description?: string | null
    }
    KeyRotation: {
      /** @description How long the old key goes on working: 0 (revoked at once) to 43200 (30 days), and never longer than it would have. Default 1440. */
      grace_minutes?: number
      /** @description Days from now, 1 to 3650. Left out: as long as the old key was made for. */
      expires_in_days?: number
      /** @description What people call it, up to 100 characters. */
      name?: string
    }
    RotatedKey: {
      key: components['schemas']['Key']
      /** @description The new key's secret: the password of connections. It is shown this once. */
      token: string
      replaced: components['schemas']['Key']
    }
    TokenToRevoke: {
      /** @description The whole token, from `pstn_` to its end. */
      token: string
    }
    AuditEvent: {
      /** @description Counts up by one. */
      seq: number
      /** Format: date-time */
      at: string
      /** @description Name of an account; null: nobody who is known, or Postern itself. */
      actor: string | null
      /** @description Id of the key that was used. */
      actor_key: string | null
      /** @enum {string} */
      via: 'key' | 'console' | 'proxy' | 'system'
      /** @description `noun.verb`, as in `key.revoke`. */
      action: string
      /** @description What was changed, by the names that people know it by. */
      target: string | null
      /** @enum {string} */
      outcome: 'done' | 'refused'
      /** @description Why it was refused. */
      reason: string | null
      /** @description What the client was told to quote. */
      reference: string | null
      /** @description Of the client. */
      address: string | null
      before: {
        [key: string]: unknown
      } | null
      after: {
        [key: string]: unknown
      } | null
    }
    AuditEventList: {
      items: components['schemas']['AuditEvent'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    AuditHead: {
      seq: number
      hash: string
    }
    AuditVerification: {
      /** @description Whether everything is as it was written. */
      ok: boolean
      /** @description Events that are. */
      checked: number
      head: components['schemas']['AuditHead']
      /** @description null: there is none. */
      first_problem: {
        seq: number
        /** @enum {string} */
        kind: 'altered' | 'missing' | 'reordered' | 'cut_off'
      } | null
    }
    Session: {
      /** @description The reference that the log has too. */
      id: string
      account: string
      /** @description Id of the key that it was opened with. */
      key: string
      database: string
      /**
       * @description reader < writer < admin
       * @enum {string}
       */
      role: 'reader' | 'writer' | 'admin'
      /** @description The LOGIN role that it is in the database. */
      login: string
      /** @description Of the client. */
      address: string
      /** @description What the client calls itself. */
      application: string | null
      /** Format: date-time */
      opened_at: string
      age_seconds: number
      /**
       * @description idle: it waits for a query, outside any transaction. busy: also while it logs in.
       * @enum {string}
       */
      state: 'idle' | 'busy'
      bytes_from_client: number
      bytes_from_database: number
      /** @description Id of the instance that it is on. */
      instance: string
      /** @description Where that instance runs. */
      host: string
      /**
       * Format: date-time
       * @description When that instance last told of its sessions.
       */
      seen_at: string
    }
    SessionList: {
      items: components['schemas']['Session'][]
      /** @description null: this is the last page. */
      next_cursor: string | null
    }
    EndedSession: {
      session: components['schemas']['Session']
      /** @description The change that ends it: GET /v1/instances?seq= tells where that is in force. */
      seq: number
      /** @description What happens now. */
      next: string
    }
    Instance: {
      id: string
      host: string
      version: string
      /** @description false: it runs the API alone, so no session can be there. */
      runs_proxy: boolean
      /**
       * @description silent: it has missed its last reports. Sessions may still live there, but no longer than revocation.max_age.
       * @enum {string}
       */
      state: 'reporting' | 'silent'
      /** Format: date-time */
      started_at: string
      /** Format: date-time */
      seen_at: string
      /** @description The newest change that it acts on. */
      list_seq: number
      /** @description Age of its list of changes, if it was not read since the report. null: never read. */
      list_age_seconds: number | null
      /**
       * Format: date-time
       * @description When its list was last read, as far as is known.
       */
      list_read_at: string | null
      /**
       * @description Whether it hears of changes as they are committed. down: it finds them by asking, every revocation.refresh. null: its version does not tell.
       * @enum {string|null}
       */
      push: 'up' | 'down' | null
      /** @description Whether the change that is asked for is in force there. */
      in_force: boolean
    }
    InForce: {
      /** @description The change that is asked for. */
      seq: number
      /** @description Proxies where it is in force. */
      on: number
      /** @description Proxies in all, silent ones too. */
      of: number
    }
    Instances: {
      items: components['schemas']['Instance'][]
      in_force: components['schemas']['InForce']
    }
    LoginBlock: {
      /** @description As in 192.0.2.7/32. */
      network: string
      /** @description That it showed, on the instance that counted most. */
      bad_tokens: number
      /** Format: date-time */
      since: string
      /**
       * Format: date-time
       * @description When it may try again by itself.
       */
      until: string
      /** @description How many instances refuse it. */
      instances: number
    }
    LoginBlocks: {
      items: components['schemas']['LoginBlock'][]
    }
    RemovedLoginBlocks: {
      /** @description The blocks that there were. */
      items: components['schemas']['LoginBlock'][]
      /** @description The change: GET /v1/instances?seq= tells where it is in force. */
      seq: number
    }
    LoginMinute: {
      /**
       * Format: date-time
       * @description When it began.
       */
      at: string
      admitted: number
      refused: number
    }
    LoginCounts: {
      /** @description Logins that were let in. */
      admitted: number
      /** @description Logins that were not. */
      refused: number
      /** @description Of the refusals; the most frequent first. */
      reasons: {
        /** @description The true one, as in the metric. */
        reason: string
        count: number
      }[]
      /** @description All 60, the oldest first; the last is not over. */
      minutes: components['schemas']['LoginMinute'][]
    }
  }
  responses: never
  parameters: never
  requestBodies: never
  headers: never
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  getHealth: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Health']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  login: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['LoginRequest']
      }
    }
    responses: {
      /** @description The cookie is in the header Set-Cookie. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['SignedIn']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `login_refused`: E-mail address and password do not let anybody in. */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `foreign_origin`: The request comes from a page of another site. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `too_many_requests`: Too many requests from this address.
       *
       *     `too_many_failures`: Too many failed attempts.
       */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       *
       *     `busy`: Too many tokens wait to be checked.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  logout: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getMe: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Me']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listMySessions: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ConsoleSessionList']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  signOutEverywhere: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EndedConsoleSessions']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  changePassword: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['PasswordChange']
      }
    }
    responses: {
      /** @description The cookie is in the header Set-Cookie. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['SignedIn']
        }
      }
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       *
       *     `wrong_password`: The current password is wrong.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `too_many_requests`: Too many requests from this address.
       *
       *     `too_many_failures`: Too many failed attempts.
       */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       *
       *     `busy`: Too many tokens wait to be checked.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listUsers: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the e-mail address, in upper or lower case. No character is a wildcard. */
        q?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['UserList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getUser: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The person's e-mail address. */
        email: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['User']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `user_not_found`: No such person, or you may not see them. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  deleteUser: {
    parameters: {
      query?: {
        /** @description delete: the pinned accounts that it made go too. */
        pinned_accounts?: 'delete'
        /** @description E-mail address of whoever answers for them from now on. */
        transfer_to?: string
      }
      header?: never
      path: {
        /** @description The person's e-mail address. */
        email: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `user_not_found`: No such person, or you may not see them. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `own_account`: It is your own account.
       *
       *     `last_admin`: It is the last active admin of the organization.
       *
       *     `owns_service_accounts`: The account has made pinned service accounts that live.
       *
       *     `bad_new_maker`: The service accounts can not be transferred to that person.
       */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  editUser: {
    parameters: {
      query?: never
      header?: {
        /** @description The ETag of the version that is edited: another one is not touched (412). */
        'if-match'?: string
      }
      path: {
        /** @description The person's e-mail address. */
        email: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['UserEdit']
      }
    }
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['User']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `user_not_found`: No such person, or you may not see them. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `last_admin`: It is the last active admin of the organization. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `changed_meanwhile`: It has changed since you looked at it. */
      412: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  deactivateUser: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The person's e-mail address. */
        email: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['User']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `user_not_found`: No such person, or you may not see them. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `own_account`: It is your own account.
       *
       *     `last_admin`: It is the last active admin of the organization.
       */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  activateUser: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The person's e-mail address. */
        email: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['User']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `user_not_found`: No such person, or you may not see them. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `own_account`: It is your own account. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createPasswordLink: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path: {
        /** @description The person's e-mail address. */
        email: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CreatedInvitation']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `user_not_found`: No such person, or you may not see them. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `user_deactivated`: The person is deactivated.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request. */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listInvitations: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['InvitationList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  inviteUser: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewInvitation']
      }
    }
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CreatedInvitation']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `user_exists`: A person with this e-mail address is in the organization already.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request. */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getInvitation: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The invitation's id. */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Invitation']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `invitation_not_found`: No such invitation, or it was accepted. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  revokeInvitation: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The invitation's id. */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Invitation']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `invitation_not_found`: No such invitation, or it was accepted. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  acceptInvitation: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['InvitationAcceptance']
      }
    }
    responses: {
      /** @description The cookie is in the header Set-Cookie. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['SignedIn']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `invitation_refused`: The link lets nobody in. */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `foreign_origin`: The request comes from a page of another site. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `too_many_requests`: Too many requests from this address.
       *
       *     `too_many_failures`: Too many failed attempts.
       */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       *
       *     `busy`: Too many tokens wait to be checked.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listDatabases: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the name, in upper or lower case. No character is a wildcard. */
        q?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['DatabaseList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  addDatabase: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path?: never
      cookie?: never
    }
    /** @description Either `provision: true` or `logins`. */
    requestBody: {
      content: {
        'application/json': components['schemas']['NewDatabase']
      }
    }
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['AddedDatabase']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       *
       *     `bad_database_url`: The database's URL can not be used.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `name_taken`: The name is taken.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `idempotency_key_reused`: The Idempotency-Key was used for another request.
       *
       *     `database_is_store`: The database is Postern's own store.
       *
       *     `proof_failed`: The logins are not what they should be, so the database was not registered.
       */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `upstream_failed`: The database server did not do what was needed. */
      502: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getDatabase: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description `role` is your own; null: you see it as an admin of the organization. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Database']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `database_not_found`: No such database, or you may not use it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  removeDatabase: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RemovalImpact']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `database_not_found`: No such database, or you may not use it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getRemovalImpact: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RemovalImpact']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `database_not_found`: No such database, or you may not use it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  checkDatabase: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Proof']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `database_not_found`: No such database, or you may not use it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `upstream_failed`: The database server did not do what was needed. */
      502: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       *
       *     `secrets_unreadable`: A stored secret cannot be opened.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getConnection: {
    parameters: {
      query?: {
        /** @description An account that you manage. Default: your own. */
        account?: string
      }
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Connection']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `database_not_found`: No such database, or you may not use it.
       *
       *     `account_not_found`: No such account, or you may not manage it.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `no_access`: The account has no role on the database. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listAccess: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the name, in upper or lower case. No character is a wildcard. */
        q?: string
        /** @description Only people, or only service accounts. */
        kind?: 'personal' | 'service'
        /** @description Only accounts in this state. */
        state?: 'active' | 'disabled'
      }
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['AccessList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `database_not_found`: No such database, or you may not use it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getAccess: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description `role` is null for a pinned account that has lost what was chosen for it. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Access']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `database_not_found`: No such database, or you may not use it.
       *
       *     `account_not_found`: No such account, or you may not manage it.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  explain: {
    parameters: {
      query: {
        /** @description The account's name. */
        account: string
        /** @description The database's name. */
        database: string
        /** @description Where the client is. Left out: wherever it may be. */
        address?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description `role` and `because` are there when it is allowed, `reason` when it is not. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Explanation']
        }
      }
      /** @description `invalid_request`: The request has mistakes. */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listGrants: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['GrantList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `database_not_found`: No such database, or you may not use it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  setGrant: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewGrant']
      }
    }
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Grant']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `database_not_found`: No such database, or you may not use it.
       *
       *     `account_not_found`: No such account, or you may not manage it.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not_a_person`: Grants are for personal accounts. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  removeGrant: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        name: string
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `database_not_found`: No such database, or you may not use it.
       *
       *     `account_not_found`: No such account, or you may not manage it.
       *
       *     `grant_not_found`: There is no grant of its own on the database.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listGroups: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the name or the description, in upper or lower case. No character is a wildcard. */
        q?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['GroupList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createGroup: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewGroup']
      }
    }
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Group']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `name_taken`: The name is taken.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request. */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getGroup: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The group's name. */
        group: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Group']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `group_not_found`: No such group. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  deleteGroup: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The group's name. */
        group: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `group_not_found`: No such group. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `needs_group`: A service account would be left without a group. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  editGroup: {
    parameters: {
      query?: never
      header?: {
        /** @description The ETag of the version that is edited: another one is not touched (412). */
        'if-match'?: string
      }
      path: {
        /** @description The group's name. */
        group: string
      }
      cookie?: never
    }
    /** @description What is left out stays. */
    requestBody: {
      content: {
        'application/json': components['schemas']['GroupEdit']
      }
    }
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Group']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `group_not_found`: No such group. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `name_taken`: The name is taken.
       *
       *     `conflict`: The change clashes with another one.
       */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `changed_meanwhile`: It has changed since you looked at it. */
      412: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listGroupMembers: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the name, in upper or lower case. No character is a wildcard. */
        q?: string
        /** @description Only people, or only service accounts. */
        kind?: 'personal' | 'service'
      }
      header?: never
      path: {
        /** @description The group's name. */
        group: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['GroupMemberList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `group_not_found`: No such group. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  addGroupMember: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The group's name. */
        group: string
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['GroupMember']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `group_not_found`: No such group.
       *
       *     `account_not_found`: No such account, or you may not manage it.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `scope_immutable`: A pinned service account is never edited, so that its scope can not grow.
       *
       *     `conflict`: The change clashes with another one.
       */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  removeGroupMember: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The group's name. */
        group: string
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `group_not_found`: No such group.
       *
       *     `account_not_found`: No such account, or you may not manage it.
       *
       *     `member_not_found`: The account is not in the group.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `needs_group`: A service account would be left without a group. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listGroupGrants: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the database's name, in upper or lower case. No character is a wildcard. */
        q?: string
      }
      header?: never
      path: {
        /** @description The group's name. */
        group: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['GroupGrantList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `group_not_found`: No such group. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  setGroupGrant: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The group's name. */
        group: string
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        database: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewGroupGrant']
      }
    }
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['GroupGrant']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `group_not_found`: No such group.
       *
       *     `database_not_found`: No such database, or you may not use it.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The change clashes with another one. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  removeGroupGrant: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The group's name. */
        group: string
        /** @description The database's name, percent-encoded: owner%2Fshop. */
        database: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `group_not_found`: No such group.
       *
       *     `database_not_found`: No such database, or you may not use it.
       *
       *     `grant_not_found`: There is no grant of its own on the database.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listServiceAccounts: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only those with this text in the name or the description, in upper or lower case. No character is a wildcard. */
        q?: string
        /** @description Only pinned ones that the account of this name created. */
        made_by?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ServiceAccountList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createServiceAccount: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewServiceAccount']
      }
    }
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ServiceAccount']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       *
       *     `role_above_cap`: The role is more than you have yourself.
       *
       *     `pinned_scope_needs_admin`: Only admins make service accounts here.
       *
       *     `groups_scope_needs_admin`: Service accounts in groups are made by admins.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `group_not_found`: No such group. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `name_taken`: The name is taken.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request. */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getServiceAccount: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The service account's name. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ServiceAccount']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  deleteServiceAccount: {
    parameters: {
      query?: {
        /** @description delete: the pinned accounts that it made go too. */
        pinned_accounts?: 'delete'
        /** @description E-mail address of whoever answers for them from now on. */
        transfer_to?: string
      }
      header?: never
      path: {
        /** @description The service account's name. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `owns_service_accounts`: The account has made pinned service accounts that live.
       *
       *     `bad_new_maker`: The service accounts can not be transferred to that person.
       */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  editServiceAccount: {
    parameters: {
      query?: never
      header?: {
        /** @description The ETag of the version that is edited: another one is not touched (412). */
        'if-match'?: string
      }
      path: {
        /** @description The service account's name. */
        name: string
      }
      cookie?: never
    }
    /** @description What is left out stays. `groups` and `allow_from` are set as a whole. */
    requestBody: {
      content: {
        'application/json': components['schemas']['ServiceAccountEdit']
      }
    }
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ServiceAccount']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `account_not_found`: No such account, or you may not manage it.
       *
       *     `group_not_found`: No such group.
       */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `scope_immutable`: A pinned service account is never edited, so that its scope can not grow.
       *
       *     `conflict`: The change clashes with another one.
       */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `changed_meanwhile`: It has changed since you looked at it. */
      412: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  disableServiceAccount: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The service account's name. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ServiceAccount']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  enableServiceAccount: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The service account's name. */
        name: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ServiceAccount']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listKeys: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only keys in this state. */
        state?: 'active' | 'expired' | 'revoked'
      }
      header?: never
      path: {
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['KeyList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createKey: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path: {
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewKey']
      }
    }
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CreatedKey']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `key_limit_reached`: The account has as many active keys as it may have.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request. */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  revokeAllKeys: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The account's name: a service account's name or a person's e-mail address. */
        account: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RevokedKeys']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `account_not_found`: No such account, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getKey: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The key's id: the 12 characters after `pstn_`. */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Key']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `key_not_found`: No such key, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  editKey: {
    parameters: {
      query?: never
      header?: {
        /** @description The ETag of the version that is edited: another one is not touched (412). */
        'if-match'?: string
      }
      path: {
        /** @description The key's id: the 12 characters after `pstn_`. */
        id: string
      }
      cookie?: never
    }
    /** @description What is left out stays as it is. */
    requestBody: {
      content: {
        'application/json': components['schemas']['KeyEdit']
      }
    }
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Names this version: send it as If-Match with an edit. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Key']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `key_not_found`: No such key, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The change clashes with another one. */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `changed_meanwhile`: It has changed since you looked at it. */
      412: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  revokeKey: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The key's id: the 12 characters after `pstn_`. */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Key']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `key_not_found`: No such key, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listExpiringKeys: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Days from now, 1 to 365. Default 14. */
        within_days?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['KeyList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  rotateKey: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 printable ASCII characters: makes it safe to send the request again within a day. */
        'idempotency-key'?: string
      }
      path: {
        /** @description The key's id: the 12 characters after `pstn_`. */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['KeyRotation']
      }
    }
    responses: {
      /** @description Default Response */
      201: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Where it is shown. */
          Location?: string
          /** @description `true`: this is the answer that the same request had before. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RotatedKey']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       *
       *     `malformed_json`: The body is not JSON.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `key_not_found`: No such key, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `request_under_way`: The request with this Idempotency-Key is still being carried out.
       *
       *     `already_created`: The request with this Idempotency-Key has been carried out, and its secret is not shown again.
       *
       *     `conflict`: The change clashes with another one.
       *
       *     `key_not_active`: The key no longer works, or has been rotated.
       *
       *     `key_limit_reached`: The account has as many active keys as it may have.
       */
      409: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request. */
      422: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  revokeToken: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['TokenToRevoke']
      }
    }
    responses: {
      /** @description Done. */
      204: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content?: never
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_json`: The body is not JSON.
       *
       *     `malformed_token`: This is not a token.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `foreign_origin`: The request comes from a page of another site. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported_media_type`: The body is not of a type that the API reads. */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       *
       *     `busy`: Too many tokens wait to be checked.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listAuditEvents: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Name of the account that did it. */
        actor?: string
        /** @description An action, or what it begins with: `key` finds `key.revoke` too. */
        action?: string
        /** @description What was changed, as the event names it, or one of its names: an account (with its keys and memberships), a group, a database, or the id of a key (with what was done with it). */
        target?: string
        /** @description Whether it was done or refused. */
        outcome?: 'done' | 'refused'
        /** @description What a client was told to quote, 7CEPH-YNPTA or urn:uuid:3f2b8c1e-5d4a-4f6b-9a7c-0e1d2c3b4a59: alone, or within the error that it was read in. */
        reference?: string
        /** @description Not before this time (ISO 8601). */
        from?: string
        /** @description Before this time (ISO 8601). */
        until?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['AuditEventList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  exportAuditEvents: {
    parameters: {
      query?: {
        /** @description Name of the account that did it. */
        actor?: string
        /** @description An action, or what it begins with: `key` finds `key.revoke` too. */
        action?: string
        /** @description What was changed, as the event names it, or one of its names: an account (with its keys and memberships), a group, a database, or the id of a key (with what was done with it). */
        target?: string
        /** @description Whether it was done or refused. */
        outcome?: 'done' | 'refused'
        /** @description What a client was told to quote, 7CEPH-YNPTA or urn:uuid:3f2b8c1e-5d4a-4f6b-9a7c-0e1d2c3b4a59: alone, or within the error that it was read in. */
        reference?: string
        /** @description Not before this time (ISO 8601). */
        from?: string
        /** @description Before this time (ISO 8601). */
        until?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One event a line. */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/x-ndjson': components['schemas']['AuditEvent']
        }
      }
      /** @description `invalid_request`: The request has mistakes. */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  verifyAuditEvents: {
    parameters: {
      query?: {
        /** @description SEQ:HASH, the head of an earlier verification: shows that nothing up to there was rewritten since. */
        anchor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['AuditVerification']
        }
      }
      /** @description `invalid_request`: The request has mistakes. */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listSessions: {
    parameters: {
      query?: {
        /** @description Items at most. Default 50. */
        limit?: number
        /** @description `next_cursor` of the page before, unchanged. */
        cursor?: string
        /** @description Only sessions of the account of this name. */
        account?: string
        /** @description Only sessions on this database. */
        database?: string
        /** @description Only sessions on the instance of this id. */
        instance?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['SessionList']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `bad_cursor`: The cursor is not one that this list gave.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getSession: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The session's id: the reference that the log has too. */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Session']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `session_not_found`: No such session, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  endSession: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The session's id: the reference that the log has too. */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      202: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EndedSession']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `session_not_found`: No such session, or you may not manage it. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listInstances: {
    parameters: {
      query?: {
        /** @description The change that is asked for. Left out: the newest of all. */
        seq?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Instances']
        }
      }
      /** @description `invalid_request`: The request has mistakes. */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listLoginBlocks: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['LoginBlocks']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  removeLoginBlock: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description An address, or a network, percent-encoded: 192.0.2.0%2F24. */
        address: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      202: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RemovedLoginBlocks']
        }
      }
      /**
       * @description `invalid_request`: The request has mistakes.
       *
       *     `malformed_url`: The URL can not be read.
       */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `foreign_origin`: The request comes from a page of another site.
       *
       *     `csrf_token_rejected`: The request does not bring the token of its session.
       *
       *     `permission_denied`: The account may not do this.
       */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `login_block_not_found`: No such network is blocked. */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `url_too_long`: A part of the path is too long. */
      414: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  countLogins: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['LoginCounts']
        }
      }
      /**
       * @description `login_needed`: A token is needed.
       *
       *     `credentials_rejected`: The token was not accepted.
       *
       *     `session_ended`: You are not signed in any more.
       */
      401: {
        headers: {
          /** @description The schemes that the API takes: Bearer and Key. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `permission_denied`: The account may not do this. */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too_many_requests`: Too many requests from this address. */
      429: {
        headers: {
          /** @description Requests a minute that the address may send. */
          'X-RateLimit-Limit'?: number
          /** @description Requests that are left of them. */
          'X-RateLimit-Remaining'?: number
          /** @description Seconds until all of them are there again. */
          'X-RateLimit-Reset'?: number
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal_error`: A defect in Postern. */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /**
       * @description `busy`: Too many tokens wait to be checked.
       *
       *     `store_unavailable`: The store does not answer at the moment.
       *
       *     `store_not_migrated`: The store is not migrated to this version.
       */
      503: {
        headers: {
          /** @description Seconds to wait before trying again. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
}
