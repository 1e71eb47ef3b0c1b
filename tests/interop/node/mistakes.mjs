// What libraries for node do by themselves, at the mock: one line of JSON a request, with what the mock found.

import { randomUUID } from 'node:crypto';

import axios from 'axios';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import nodeJose from 'node-jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

import { URL_OF_MOCK, signingKey } from './mock.mjs';

const TOKEN_URL = `${URL_OF_MOCK}/oauth2/token`;
const APP = 'nhsauth-app';
const { key, kid } = await signingKey();
const pem = await (await fetch(`${URL_OF_MOCK}/_nhsauth/apps/${APP}/private-key`)).text();
const now = () => Math.floor(Date.now() / 1000);
const claims = () => ({ iss: APP, sub: APP, aud: TOKEN_URL, jti: randomUUID(), exp: now() + 240 });
const form = (assertion) => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
});
const post = (assertion) => fetch(TOKEN_URL, { method: 'POST', body: new URLSearchParams(form(assertion)) });
const signed = (header) => new jose.SignJWT(claims()).setProtectedHeader(header).sign(key);
const server = { issuer: URL_OF_MOCK, token_endpoint: TOKEN_URL };
const any = { validateStatus: () => true };

async function withOpenidClient() {
  const config = new openid.Configuration(server, APP, {}, openid.PrivateKeyJwt({ key, kid }));
  openid.allowInsecureRequests(config);
  await openid.clientCredentialsGrant(config).catch(() => null);
}

async function withOauth4webapi() {
  const options = { [oauth.allowInsecureRequests]: true };
  const client = { client_id: APP };
  await oauth.clientCredentialsGrantRequest(server, client, oauth.PrivateKeyJwt(key), {}, options);
}

async function withNodeJose() {
  const own = await nodeJose.JWK.asKey(pem, 'pem');
  const sign = nodeJose.JWS.createSign({ format: 'compact', fields: { typ: 'JWT', alg: 'RS512' } }, own);
  await post(await sign.update(JSON.stringify(claims())).final());
}

const { jti, ...withoutJti } = claims();
const MISTAKES = {
  'openid-client': withOpenidClient,
  oauth4webapi: withOauth4webapi,
  jose: async () => post(await signed({ alg: 'RS512', kid })),
  jsonwebtoken: () => post(jsonwebtoken.sign(claims(), pem, { algorithm: 'RS256' })),
  'jsonwebtoken, no jti': () => post(jsonwebtoken.sign(withoutJti, pem, { algorithm: 'RS512', keyid: kid })),
  'jsonwebtoken, milliseconds': () =>
    post(jsonwebtoken.sign({ ...claims(), exp: Date.now() + 240_000 }, pem, { algorithm: 'RS512', keyid: kid })),
  'node-jose': withNodeJose,
  'axios, an object': async () => axios.post(TOKEN_URL, form(await signed({ alg: 'RS512', kid, typ: 'JWT' })), any),
  'axios, params': async () =>
    axios.post(TOKEN_URL, null, { ...any, params: form(await signed({ alg: 'RS512', kid, typ: 'JWT' })) }),
};

for (const [library, make] of Object.entries(MISTAKES)) {
  await make();
  const [exchange] = await (await fetch(`${URL_OF_MOCK}/_nhsauth/exchanges?limit=1`)).json();
  const found = exchange.findings.filter(({ certainty }) => certainty === 'certain').map(({ id }) => id);
  console.log(JSON.stringify({ library, answered: exchange.error?.description ?? null, found }));
}
