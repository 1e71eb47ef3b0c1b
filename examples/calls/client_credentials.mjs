import { randomUUID, sign } from 'node:crypto';

const { APIM_URL: apim, CLIENT_ID: app, KID: kid, PRIVATE_KEY: key } = process.env;

// 1. Sign an assertion: a new one for each request, for five minutes at most.
const tokenUrl = `${apim}/oauth2/token`;
const claims = { iss: app, sub: app, aud: tokenUrl, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 290 };
const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
const signed = `${part({ alg: 'RS512', typ: 'JWT', kid })}.${part(claims)}`;
const assertion = `${signed}.${sign('sha512', Buffer.from(signed), key).toString('base64url')}`;

// 2. Post it as a form.
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }; // fetch would add a charset
const body = new URLSearchParams({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
});
const { access_token: token } = await (await fetch(tokenUrl, { method: 'POST', headers: form, body })).json();

// 3. Call the API.
const headers = { Authorization: `Bearer ${token}` };
console.log(await (await fetch(`${apim}/hello-world/hello/application`, { headers })).text());
