// The mock under test, as its environment says, and what each test wants of it through its control API.

import { createServer } from 'node:http';

import { importPKCS8 } from 'jose';

export const URL_OF_MOCK = process.env.NHSAUTH_URL;
export const URL_OF_STRICT_MOCK = process.env.NHSAUTH_STRICT_URL;
export const CIS2 = `${URL_OF_MOCK}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare`;
export const REAL_CIS2 =
  'https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
export const NHS_LOGIN = URL_OF_MOCK;
export const DOCTOR = '656005750104';
export const PATIENT = '9912003071';
export const REDIRECT_URI = 'http://127.0.0.1:9/callback';
export const BACKCHANNEL_LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

/** The key that every app of these tests signs with: a CryptoKey and the key id of its public half. */
export async function signingKey() {
  const app = `${URL_OF_MOCK}/_nhsauth/apps/nhsauth-app`;
  const { keys } = await (await fetch(`${app}/jwks`)).json();
  const pem = await (await fetch(`${app}/private-key`)).text();
  return { key: await importPKCS8(pem, 'RS512'), kid: keys[0].kid };
}

/** Register an app of the test's own, with that key. */
export async function newApp(members = {}) {
  const jwks = await (await fetch(`${URL_OF_MOCK}/_nhsauth/apps/nhsauth-app/jwks`)).json();
  const answer = await fetch(`${URL_OF_MOCK}/_nhsauth/apps`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jwks, redirect_uris: [REDIRECT_URI], ...members }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  return answer.json();
}

/** A URL of the test's own that keeps the forms posted to it. */
export async function receiver() {
  const forms = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    forms.push(Object.fromEntries(new URLSearchParams(body)));
    response.end();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const close = () => new Promise((closed) => server.close(closed));
  return { url: `http://127.0.0.1:${server.address().port}/logout`, forms, close };
}

/** fetch for the real host names: they lead to the mock, as a proxy in front of it would send them on. */
export function throughProxy(url, options) {
  const { pathname, search, host, protocol } = new URL(url);
  const headers = new Headers(options?.headers);
  headers.set('X-Forwarded-Host', host);
  headers.set('X-Forwarded-Proto', protocol.slice(0, -1));
  return fetch(`${URL_OF_MOCK}${pathname}${search}`, { ...options, headers });
}

/** fetch that says nothing of a character set behind the type of a form. */
export function withoutCharset(url, options) {
  const type = options.body && { 'content-type': 'application/x-www-form-urlencoded' };
  return fetch(url, { ...options, headers: { ...options.headers, ...type } });
}
