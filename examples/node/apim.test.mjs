import { webcrypto } from 'node:crypto';

import { beforeAll, expect, inject, test } from 'vitest';

import { Apim } from './apim.mjs';
import { control } from './control.ts';

const mock = inject('mock');
const api = control(mock);
const app = { params: { path: { client_id: 'nhsauth-app' } } };
let apim;

/** The app that the mock knows from its start. */
beforeAll(async () => {
  const { keys } = (await api.GET('/apps/{client_id}/jwks', app)).data;
  const pem = (await api.GET('/apps/{client_id}/private-key', { ...app, parseAs: 'text' })).data;
  const der = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' };
  const key = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  apim = new Apim({ issuer: mock, tokenUrl: `${mock}/oauth2/token`, apiKey: 'nhsauth-app', key, kid: keys[0].kid });
});

async function idToken() {
  return (await api.POST('/id-tokens', { body: { provider: 'cis2', user: '656005750104' } })).data.id_token;
}

test('a doctor is greeted', async () => {
  const token = await apim.exchange(await idToken());

  const answer = await fetch(`${mock}/hello-world/hello/user`, { headers: { Authorization: `Bearer ${token}` } });

  expect(await answer.json()).toEqual({ message: 'Hello User!' });
});

test('an authorization code is no id_token', async () => {
  const refused = apim.exchange('an-authorization-code');

  await expect(refused).rejects.toMatchObject({
    status: 400,
    error: 'invalid_request',
    error_description: 'Malformed JWT in subject_token',
  });
  const [exchange] = (await api.GET('/exchanges', { params: { query: { error: 'invalid_request' } } })).data;
  expect(exchange.diagnosis).toContain('subject_token'); // what the real service keeps to itself
});
