// Rules that bind several settings of a section together.

import { isLoopbackHost, mistakeInNetwork } from '../model/network.js'
import type { ListenerSettings, Settings } from '../settings.js'
import type { SettingProblem } from './reader.js'

/** Checks each section that is whole. `broken` names the others, where settings may be missing. */
export function checkRules(settings: Settings, broken: ReadonlySet<string>): SettingProblem[] {
  const problems: SettingProblem[] = []
  if (!broken.has('listeners')) problems.push(...checkListeners(settings.listeners))
  if (!broken.has('api')) {
    problems.push(
      ...checkPair('api', settings.api),
      ...checkNetworks('api.trusted_proxies', settings.api.trustedProxies),
    )
  }
  if (!broken.has('revocation')) problems.push(...checkRefresh(settings.revocation))
  return problems
}

function checkListeners(listeners: readonly ListenerSettings[]): SettingProblem[] {
  return [...listeners.flatMap(checkListener), ...checkDistinct(listeners)]
}

function checkListener(listener: ListenerSettings, index: number): SettingProblem[] {
  const path = `listeners[${String(index)}]`
  const problems = checkPair(path, listener)
  if (listener.tls !== 'off' && listener.certificateFile === null && listener.privateKeyFile === null) {
    const hint = 'TLS needs certificate_file and private_key_file'
    problems.push({ setting: `${path}.tls`, given: `${listener.tls} without a certificate`, hint })
  }
  if (listener.auth === 'password' && listener.tls !== 'require' && !isLoopbackHost(listener.host)) {
    const given = `password with tls: ${listener.tls} on ${listener.host}`
    const hint = 'tokens would cross the network in clear: use tls: require, or auth: scram, or a loopback host'
    problems.push({ setting: `${path}.auth`, given, hint })
  }
  if (listener.clientCaFile !== null && listener.tls !== 'require') {
    const given = `a file with tls: ${listener.tls}`
    const hint = 'a login without TLS shows no certificate: use tls: require'
    problems.push({ setting: `${path}.client_ca_file`, given, hint })
  }
  problems.push(...checkNetworks(`${path}.trusted_proxies`, listener.trustedProxies))
  return problems
}

function checkNetworks(setting: string, networks: readonly string[]): SettingProblem[] {
  return networks.flatMap(given => {
    const mistake = mistakeInNetwork(given)
    return mistake ? [{ setting, given, hint: `it ${mistake.problem}: ${mistake.hint}` }] : []
  })
}

function checkPair(
  path: string,
  { certificateFile, privateKeyFile }: Pick<ListenerSettings, 'certificateFile' | 'privateKeyFile'>,
): SettingProblem[] {
  if ((certificateFile === null) === (privateKeyFile === null)) return []
  const [given, missing] =
    certificateFile === null ? ['private_key_file', 'certificate_file'] : ['certificate_file', 'private_key_file']
  return [{ setting: `${path}.${missing}`, given: 'nothing', hint: `${given} is given, and one needs the other` }]
}

function checkDistinct(listeners: readonly ListenerSettings[]): SettingProblem[] {
  return listeners.flatMap(({ host, port }, index) => {
    const first = listeners.findIndex(other => other.host === host && other.port === port)
    if (port === 0 || first === index) return []
    const hint = `listeners[${String(first)}] has the same host and port`
    return [{ setting: `listeners[${String(index)}].port`, given: String(port), hint }]
  })
}

function checkRefresh({ refreshMs, maxAgeMs }: Settings['revocation']): SettingProblem[] {
  if (refreshMs * 2 <= maxAgeMs) return []
  const given = `${String(refreshMs / 1_000)}s`
  const hint = `at most half of revocation.max_age (${String(maxAgeMs / 1_000)}s), so that one failed refresh stops nobody`
  return [{ setting: 'revocation.refresh', given, hint }]
}
