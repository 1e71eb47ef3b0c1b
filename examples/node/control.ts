// The mock's own API with the types of its OpenAPI document: `npm run types` writes openapi.d.ts.

import createClient from 'openapi-fetch';
import type { paths } from './openapi.d.ts';

export const control = (mock: string) => createClient<paths>({ baseUrl: `${mock}/_nhsauth` });
