import { ok } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';

const { APIM_URL: apim, CLIENT_ID: client_id, CLIENT_SECRET: client_secret, REDIRECT_URI: redirect_uri } = process.env;

// 1. Send the browser to the platform, and read the address at which it comes back.
const own = { client_id, redirect_uri };
const state = randomUUID();
const asked = { ...own, response_type: 'code', scope: 'nhs-cis2', state };
console.log(`${apim}/oauth2/authorize?${new URLSearchParams(asked)}`);
const back = new URL(await createInterface(process.stdin).question('')).searchParams;
ok(back.get('state') === state);

// 2. Redeem the code, once, as a form. There is no assertion and no id_token.
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }; // fetch would add a charset
const body = new URLSearchParams({ ...own, client_secret, grant_type: 'authorization_code', code: back.get('code') });
const { access_token: token } = await (await fetch(`${apim}/oauth2/token`, { method: 'POST', headers: form, body })).json();

// 3. Ask who it is, and call the API, with the same token.
const headers = { Authorization: `Bearer ${token}` };
console.log('logged in:', (await (await fetch(`${apim}/oauth2/userinfo`, { headers })).json()).sub);
console.log(await (await fetch(`${apim}/hello-world/hello/user`, { headers })).text());
