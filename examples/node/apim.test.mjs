import { webcrypto } from 'node:crypto';

import { beforeAll, expect, inject, test } from 'vitest';

import { Apim } from './apim.mjs';

const mock = inject('mock');
const ask = (path, options) => fetch(`${mock}/_nhsauth/${path}`, options);
let apim;

/** The app that the mock knows from its start. */
beforeAll(async () => {
  const { keys } = await (await ask('apps/nhsauth-app/jwks')).json();
  const pem = await (await ask('apps/nhsauth-app/private-key')).text();
  const der = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' };
  const key = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  apim = new Apim({ issuer: mock, tokenUrl: `${mock}/oauth2/token`, apiKey: 'nhsauth-app', key, kid: keys[0].kid });
});

async function idToken() {
  const answer = await ask('id-tokens', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ provider: 'cis2', user: '656005750104' }),
  });
  return (await answer.json()).id_token;
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
  const [exchange] = await (await ask('exchanges?error=invalid_request')).json();
  expect(exchange.diagnosis).toContain('subject_token'); // what the real service keeps to itself
});
