// Makes the types of the SDK from the API's own document, in the project's own formatting.

import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { format, resolveConfig } from 'prettier'
import { apiDocument } from './api-document.js'

const HEAD =
  '// Generated from the OpenAPI document of the API. To change it, change the routes and generate it again.\n\n'
const STYLE = new URL('../../config/prettier.json', import.meta.url)

/** Returns what src/sdk/openapi.ts should be. */
export async function sdkTypes(): Promise<string> {
  const types = await openapiTS((await apiDocument()) as OpenAPI3)
  const style = await resolveConfig(STYLE, { config: STYLE })
  return format(HEAD + astToString(types), { ...style, parser: 'typescript' })
}
