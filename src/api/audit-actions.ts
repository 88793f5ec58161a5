// What the audit log calls the things that people and machines do: `noun.verb`.

export const AUDIT_ACTIONS = {
  'database.add': 'A database was registered.',
  'database.remove': 'A database was removed, and its sessions ended.',
  'database.check': 'The logins of a database were proved again.',
  'grant.set': 'A person got a role on a database, in place of the one before.',
  'grant.remove': "A person's role on a database was taken away.",
  'service-account.create': 'A service account was made.',
  'service-account.disable': 'A service account was disabled.',
  'service-account.enable': 'A service account was enabled.',
  'service-account.delete': 'A service account was deleted for good.',
  'service-account.edit': 'The description or the groups of a service account were changed.',
  'group.create': 'A group was made.',
  'group.edit': 'The name, the description or the permission of a group was changed.',
  'group.delete': 'A group was deleted; its members lost what it gave them.',
  'group-member.add': 'An account was put into a group.',
  'group-member.remove': 'An account was taken out of a group.',
  'group-grant.set': 'A group got a role on a database, in place of the one before.',
  'group-grant.remove': "A group's role on a database was taken away.",
  'key.create': 'A key was made.',
  'key.edit': "A key's name or description was changed.",
  'key.rotate': 'A key was replaced: it expires, and its successor was made.',
  'key.revoke': 'A key was revoked.',
  'key.revoke-all': 'All keys of an account were revoked.',
} as const satisfies Record<string, string>

export type AuditAction = keyof typeof AUDIT_ACTIONS
