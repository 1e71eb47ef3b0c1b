// oauth4webapi, the layer below openid-client, logs in at CIS2, at NHS login and at the platform, refreshes, and logs out.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';

import { Browser } from './browser.mjs';
import {
  BACKCHANNEL_LOGOUT,
  CIS2,
  DOCTOR,
  NHS_LOGIN,
  PATIENT,
  REAL_CIS2,
  REDIRECT_URI,
  URL_OF_MOCK,
  URL_OF_STRICT_MOCK,
  newApp,
  receiver,
  signingKey,
  throughProxy,
  withoutCharset,
} from './mock.mjs';

const plain = { [oauth.allowInsecureRequests]: true };

async function discovered(issuer, options = plain) {
  const response = await oauth.discoveryRequest(new URL(issuer), options);
  return oauth.processDiscoveryResponse(new URL(issuer), response);
}

function platform(url = URL_OF_MOCK) {
  return {
    issuer: url,
    authorization_endpoint: `${url}/oauth2/authorize`,
    token_endpoint: `${url}/oauth2/token`,
    userinfo_endpoint: `${url}/oauth2/userinfo`,
  };
}

/** Log in as the library's documentation shows it; with a nonce an id token is expected, and its signature checked. */
async function loggedIn(as, app, authentication, username, { browser = new Browser(), ...parameters } = {}) {
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  const query = { client_id: app.client_id, response_type: 'code', redirect_uri: REDIRECT_URI, state, ...parameters };
  url.search = new URLSearchParams(query);
  const landed = await browser.visit(url.href, { username, until: REDIRECT_URI });
  const answer = oauth.validateAuthResponse(as, app, landed, state);
  const response = await oauth.authorizationCodeGrantRequest(
    as, app, authentication, answer, REDIRECT_URI, oauth.nopkce, plain,
  );
  const expected = { expectedNonce: parameters.nonce, requireIdToken: Boolean(parameters.nonce) };
  const tokens = await oauth.processAuthorizationCodeResponse(as, app, response, expected);
  if (parameters.nonce) await oauth.validateApplicationLevelSignature(as, response, plain);
  return tokens;
}

async function refreshed(as, app, authentication, token, options = plain) {
  const response = await oauth.refreshTokenGrantRequest(as, app, authentication, token, options);
  return oauth.processRefreshTokenResponse(as, app, response);
}

async function applicationToken(as, app, authentication) {
  const response = await oauth.clientCredentialsGrantRequest(as, app, authentication, {}, plain);
  return oauth.processClientCredentialsResponse(as, app, response);
}

async function userinfo(as, app, token, subject) {
  const response = await oauth.userInfoRequest(as, app, token, plain);
  return oauth.processUserInfoResponse(as, app, subject, response);
}

const openid = () => ({ scope: 'openid profile', nonce: oauth.generateRandomNonce() });

test('CIS2: a doctor logs in, with the secret in the form', async () => {
  const [as, app] = [await discovered(CIS2), await newApp()];

  const tokens = await loggedIn(as, app, oauth.ClientSecretPost(app.client_secret), DOCTOR, openid());
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const person = await userinfo(as, app, tokens.access_token, claims.sub);

  assert.equal(claims.authentication_assurance_level, 3);
  assert.equal(tokens.expires_in, 3599);
  assert.equal(person.nhsid_useruid, DOCTOR);
});

test('CIS2: the assertion that the library makes has the wrong audience', async () => {
  const app = await newApp({ cis2_auth_method: 'private_key_jwt', cis2_signing_algorithm: 'RS512' });

  const failing = loggedIn(await discovered(CIS2), app, oauth.PrivateKeyJwt(await signingKey()), DOCTOR, openid());

  await assert.rejects(failing, {
    status: 400,
    error: 'invalid_client',
    error_description: 'Audience validation failed',
  });
});

test('CIS2: a doctor logs in with an assertion whose audience is the token endpoint', async () => {
  const app = await newApp({ cis2_auth_method: 'private_key_jwt', cis2_signing_algorithm: 'RS512' });
  const as = await discovered(CIS2);
  const cure = { [oauth.modifyAssertion]: (_, payload) => (payload.aud = as.token_endpoint) };

  const tokens = await loggedIn(as, app, oauth.PrivateKeyJwt(await signingKey(), cure), DOCTOR, openid());

  assert.equal(oauth.getValidatedIdTokenClaims(tokens).sub, DOCTOR);
});

test('CIS2: the port in its real issuer is no obstacle to discovery', async () => {
  const as = await discovered(REAL_CIS2, { [oauth.customFetch]: throughProxy });

  assert.equal(as.issuer, REAL_CIS2);
});

test('NHS login: a patient logs in and refreshes, with the assertion as the library makes it', async () => {
  const [as, app, signed] = [await discovered(NHS_LOGIN), await newApp(), oauth.PrivateKeyJwt(await signingKey())];

  const first = await loggedIn(as, app, signed, PATIENT, openid());
  const claims = oauth.getValidatedIdTokenClaims(first);
  const second = await refreshed(as, app, signed, first.refresh_token);
  const person = await userinfo(as, app, second.access_token, claims.sub);

  assert.equal(claims.identity_proofing_level, 'P9');
  assert.notEqual(second.access_token, first.access_token);
  assert.equal(person.nhs_number, PATIENT);
});

test('NHS login: a refresh token is good once', async () => {
  const [as, app, signed] = [await discovered(NHS_LOGIN), await newApp(), oauth.PrivateKeyJwt(await signingKey())];
  const first = await loggedIn(as, app, signed, PATIENT, openid());
  await refreshed(as, app, signed, first.refresh_token);

  await assert.rejects(refreshed(as, app, signed, first.refresh_token), { status: 400, error: 'invalid_grant' });
});

test('the platform: a doctor logs in and refreshes', async () => {
  const [as, app] = [platform(), await newApp()];
  const secret = oauth.ClientSecretPost(app.client_secret);

  const first = await loggedIn(as, app, secret, DOCTOR);
  const person = await userinfo(as, app, first.access_token, DOCTOR);
  const second = await refreshed(as, app, secret, first.refresh_token);

  assert.equal(first.expires_in, 599);
  assert.equal(person.nhsid_useruid, DOCTOR);
  assert.equal(second.refresh_count, '1');
});

test('the platform: the assertion that the library makes has no typ', async () => {
  const [app, signed] = [await newApp(), oauth.PrivateKeyJwt(await signingKey())];

  await assert.rejects(applicationToken(platform(), app, signed), {
    status: 400,
    error: 'invalid_request',
    error_description: "Invalid 'typ' header in client_assertion JWT - must be 'JWT'",
  });
});

test('the platform: its errors are those of the library', async () => {
  const signed = oauth.PrivateKeyJwt(await signingKey());
  await assert.rejects(applicationToken(platform(), await newApp(), signed));

  const [exchange] = await (await fetch(`${URL_OF_MOCK}/_nhsauth/exchanges?limit=1`)).json();

  assert.deepEqual(exchange.findings.map(({ id }) => id), ['typ-missing', 'aud-near-miss']);
  assert.match(exchange.findings[0].change, /^This looks like oauth4webapi: PrivateKeyJwt\(key, \{ \[oauth\.modify/);
  assert.match(exchange.findings[1].change, /payload\.aud = as\.token_endpoint/);
});

test('the platform: with a typ, its audience is still the issuer', async () => {
  const half = { [oauth.modifyAssertion]: (header) => (header.typ = 'JWT') };
  const [app, signed] = [await newApp(), oauth.PrivateKeyJwt(await signingKey(), half)];

  await assert.rejects(applicationToken(platform(), app, signed), {
    status: 401,
    error: 'invalid_request',
    error_description: "Missing or invalid 'aud' claim in client_assertion JWT",
  });
});

test('the platform: with both it takes the assertion', async () => {
  const as = platform();
  const cure = {
    [oauth.modifyAssertion](header, payload) {
      header.typ = 'JWT';
      payload.aud = as.token_endpoint;
    },
  };

  const tokens = await applicationToken(as, await newApp(), oauth.PrivateKeyJwt(await signingKey(), cure));

  assert.equal(tokens.expires_in, 599);
});

const strict = [platform(URL_OF_STRICT_MOCK), { client_id: 'nhsauth-app' }, oauth.ClientSecretPost('nhsauth-secret')];

test('the platform, where it is strict: the character set behind the type of the form is refused', async () => {
  await assert.rejects(refreshed(...strict, 'any'), {
    status: 415,
    error: 'invalid_request',
    error_description: 'Content-Type header must be application/x-www-form-urlencoded',
  });
});

test('the platform, where it is strict: a fetch of one’s own leaves the character set away', async () => {
  const options = { ...plain, [oauth.customFetch]: withoutCharset };

  await assert.rejects(refreshed(...strict, 'any', options), {
    status: 401,
    error: 'invalid_grant',
    error_description: 'refresh_token is invalid',
  });
});

test('logging out at CIS2 notifies the application, and ends what the platform issued', async (t) => {
  const { url, forms, close } = await receiver();
  t.after(close);
  const [as, app, browser] = [await discovered(CIS2), await newApp({ backchannel_logout_uri: url }), new Browser()];
  const secret = oauth.ClientSecretPost(app.client_secret);
  const tokens = await loggedIn(platform(), app, secret, DOCTOR, { browser });
  const own = await loggedIn(as, app, secret, DOCTOR, { browser, prompt: 'none', ...openid() });

  const leaving = `${as.end_session_endpoint}?${new URLSearchParams({ id_token_hint: own.id_token })}`;
  await browser.visit(leaving, { username: DOCTOR });

  const keys = createRemoteJWKSet(new URL(as.jwks_uri));
  const logoutToken = await jwtVerify(forms[0].logout_token, keys, { issuer: CIS2, audience: app.client_id });
  assert.equal(logoutToken.payload.sid, oauth.getValidatedIdTokenClaims(own).sid);
  assert.deepEqual(logoutToken.payload.events, { [BACKCHANNEL_LOGOUT]: {} });
  const api = new URL(`${URL_OF_MOCK}/hello-world/hello/user`);
  await assert.rejects(
    oauth.protectedResourceRequest(tokens.access_token, 'GET', api, undefined, undefined, plain),
    challengedAsRevoked,
  );
  await assert.rejects(refreshed(platform(), app, secret, tokens.refresh_token), {
    status: 401,
    error: 'invalid_grant',
    error_description: 'refresh_token is invalid',
  });
});

/** The library throws on a WWW-Authenticate header; the gateway's has the code and the sentence of its fault. */
function challengedAsRevoked({ status, cause: [challenge] }) {
  assert.equal(status, 401);
  assert.deepEqual(challenge.parameters, {
    realm: 'null',
    error: 'invalid_token',
    error_description: 'keymanagement.service.access_token_not_approved: Access Token not approved',
  });
  return true;
}
