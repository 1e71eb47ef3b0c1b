// What libraries for node send by themselves, and with the change that the mock advises: one line of JSON each.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import axios from 'axios';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import jsrsasign from 'jsrsasign';
import nodeJose from 'node-jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const now = Math.floor(Date.now() / 1000);
const claims = () => ({ iss: 'app', sub: 'app', aud: 'https://mock/token', jti: randomUUID(), exp: now + 240 });

/** Answers token requests, and keeps what came. */
async function listening() {
  const kept = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    kept.push({ headers: request.headers, body });
    response.setHeader('Content-Type', 'application/json');
    response.end('{"access_token":"a","token_type":"Bearer"}');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { server, kept, url: `http://127.0.0.1:${server.address().port}/token` };
}

const { server, kept, url } = await listening();

const report = (library, mistake, wrong, right) => console.log(JSON.stringify({ library, mistake, wrong, right }));
const carried = (assertion) => ({ headers: { 'user-agent': 'axios/1.0' }, assertion });
const sent = () => {
  const { headers, body } = kept.pop();
  return { headers, assertion: new URLSearchParams(body).get('client_assertion') };
};

const key = await jose.importPKCS8(pem, 'RS512');
const signed = (header) => new jose.SignJWT(claims()).setProtectedHeader(header).sign(key);
report(
  'jose',
  'typ-missing',
  carried(await signed({ alg: 'RS512', kid: 'k' })),
  carried(await signed({ alg: 'RS512', kid: 'k', typ: 'JWT' })),
);

const sign = (options) => carried(jsonwebtoken.sign(claims(), pem, options));
const better = { algorithm: 'RS512', keyid: 'k' };
report('jsonwebtoken', 'kid-missing', sign({ algorithm: 'RS512' }), sign(better));
report('jsonwebtoken', 'alg-not-rs512', sign({ algorithm: 'RS256' }), sign(better));
const { exp, jti, ...rest } = claims();
const optional = (expiresIn) => carried(jsonwebtoken.sign(rest, pem, { ...better, expiresIn, jwtid: jti }));
report('jsonwebtoken', 'exp-unit', optional('240'), optional(240));

const own = await nodeJose.JWK.asKey(pem, 'pem');
const withNodeJose = async (options) =>
  carried(await nodeJose.JWS.createSign({ format: 'compact', ...options }, own).update(JSON.stringify(claims())).final());
const fields = { fields: { alg: 'RS512', typ: 'JWT' } };
report('node-jose', 'alg-not-rs512', await withNodeJose({}), await withNodeJose(fields));
report('node-jose', 'typ-missing', await withNodeJose({ fields: { alg: 'RS512' } }), await withNodeJose(fields));

const { JWS } = jsrsasign.KJUR.jws;
const rs = (header) => carried(JWS.sign('RS512', header, claims(), pem));
report('jsrsasign', 'typ-missing', rs({ alg: 'RS512', kid: 'k' }), rs({ alg: 'RS512', kid: 'k', typ: 'JWT' }));

const plain = { [oauth.allowInsecureRequests]: true };
async function withOauth4webapi(proof) {
  const as = { issuer: 'https://mock', token_endpoint: url };
  await oauth.clientCredentialsGrantRequest(as, { client_id: 'app' }, proof, {}, plain);
  return sent();
}
const typ = (header) => (header.typ = 'JWT');
report(
  'oauth4webapi',
  'kid-missing',
  await withOauth4webapi(oauth.PrivateKeyJwt(key)),
  await withOauth4webapi(oauth.PrivateKeyJwt({ key, kid: 'k' })),
);
report(
  'oauth4webapi',
  'typ-missing',
  await withOauth4webapi(oauth.PrivateKeyJwt(key)),
  await withOauth4webapi(oauth.PrivateKeyJwt(key, { [oauth.modifyAssertion]: typ })),
);

async function withOpenidClient(options, customFetch) {
  const metadata = { issuer: 'https://mock', token_endpoint: url };
  const config = new openid.Configuration(metadata, 'app', {}, openid.PrivateKeyJwt(key, options));
  openid.allowInsecureRequests(config);
  if (customFetch) config[openid.customFetch] = customFetch;
  await openid.clientCredentialsGrant(config);
  return sent();
}
const audience = (_, payload) => (payload.aud = url);
report(
  'openid-client',
  'aud-near-miss',
  await withOpenidClient(),
  await withOpenidClient({ [openid.modifyAssertion]: audience }),
);
const withoutCharset = (target, options) => fetch(target, { ...options, headers: { ...options.headers,
  'content-type': 'application/x-www-form-urlencoded' } });
report('openid-client', 'charset-suffix', await withOpenidClient(), await withOpenidClient({}, withoutCharset));

const form = new URLSearchParams({ grant_type: 'client_credentials' });
const ownType = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
const posted = async (send) => (await send(), sent());
report(
  'axios',
  'charset-suffix',
  await posted(() => axios.post(url, form)),
  await posted(() => axios.post(url, form, ownType)),
);
report(
  'axios',
  'json-body',
  await posted(() => axios.post(url, { grant_type: 'client_credentials' })),
  await posted(() => axios.post(url, form.toString())),
);
report(
  "node's fetch",
  'charset-suffix',
  await posted(() => fetch(url, { method: 'POST', body: form })),
  await posted(() => fetch(url, { method: 'POST', body: form, ...ownType })),
);

server.close();
