import { randomUUID, sign } from 'node:crypto';

const { APIM_URL: apim, CLIENT_ID: app, KID: kid, PRIVATE_KEY: key, ID_TOKEN: idToken } = process.env;

// 1. Log the person in at CIS2 or NHS login: that gives an id_token. Sign an assertion for the platform.
const tokenUrl = `${apim}/oauth2/token`;
const claims = { iss: app, sub: app, aud: tokenUrl, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 290 };
const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
const signed = `${part({ alg: 'RS512', typ: 'JWT', kid })}.${part(claims)}`;
const assertion = `${signed}.${sign('sha512', Buffer.from(signed), key).toString('base64url')}`;

// 2. Exchange the id_token, as a form.
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }; // fetch would add a charset
const body = new URLSearchParams({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  subject_token: idToken,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
});
const { access_token: token } = await (await fetch(tokenUrl, { method: 'POST', headers: form, body })).json();

// 3. Call the API.
const headers = { Authorization: `Bearer ${token}` };
console.log(await (await fetch(`${apim}/hello-world/hello/user`, { headers })).text());
