// openid-client logs in at CIS2, at NHS login and at the platform, refreshes, and logs out.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';

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

const plain = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };

async function discovered(issuer, app, authentication) {
  return client.discovery(new URL(issuer), app.client_id, undefined, authentication, plain);
}

function platform(app, authentication, url = URL_OF_MOCK) {
  const metadata = {
    issuer: url,
    authorization_endpoint: `${url}/oauth2/authorize`,
    token_endpoint: `${url}/oauth2/token`,
    userinfo_endpoint: `${url}/oauth2/userinfo`,
  };
  const config = new client.Configuration(metadata, app.client_id, undefined, authentication);
  client.allowInsecureRequests(config);
  return config;
}

/** Log in as the library's documentation shows it; `parameters` are those of the authorization request. */
async function loggedIn(config, username, { browser = new Browser(), ...parameters } = {}) {
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, { redirect_uri: REDIRECT_URI, state, ...parameters });
  const landed = await browser.visit(url.href, { username, until: REDIRECT_URI });
  const checks = { expectedState: state, expectedNonce: parameters.nonce };
  return client.authorizationCodeGrant(config, landed, checks);
}

const openid = () => ({ scope: 'openid profile', nonce: client.randomNonce() });

test('CIS2: a doctor logs in, with the secret in the form', async () => {
  const app = await newApp();
  const config = await discovered(CIS2, app, client.ClientSecretPost(app.client_secret));

  const tokens = await loggedIn(config, DOCTOR, openid());
  const person = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);

  assert.equal(tokens.claims().authentication_assurance_level, 3);
  assert.equal(tokens.expires_in, 3599);
  assert.equal(person.nhsid_useruid, DOCTOR);
});

test('CIS2: the assertion that the library makes has the wrong audience', async () => {
  const app = await newApp({ cis2_auth_method: 'private_key_jwt', cis2_signing_algorithm: 'RS512' });
  const config = await discovered(CIS2, app, client.PrivateKeyJwt(await signingKey()));

  const failing = loggedIn(config, DOCTOR, openid());

  await assert.rejects(failing, {
    status: 400,
    error: 'invalid_client',
    error_description: 'Audience validation failed',
  });
});

test('CIS2: a doctor logs in with an assertion whose audience is the token endpoint', async () => {
  const app = await newApp({ cis2_auth_method: 'private_key_jwt', cis2_signing_algorithm: 'RS512' });
  const cure = { [client.modifyAssertion]: (_, payload) => (payload.aud = `${CIS2}/access_token`) };
  const config = await discovered(CIS2, app, client.PrivateKeyJwt(await signingKey(), cure));

  const tokens = await loggedIn(config, DOCTOR, openid());

  assert.equal(tokens.claims().sub, DOCTOR);
});

test('CIS2: the port in its real issuer is no obstacle to discovery', async () => {
  const issuer = new URL(REAL_CIS2);
  const options = { [client.customFetch]: throughProxy };

  const config = await client.discovery(issuer, 'nhsauth-app', undefined, client.ClientSecretPost('any'), options);

  assert.equal(config.serverMetadata().issuer, REAL_CIS2);
});

test('NHS login: a patient logs in and refreshes, with the assertion as the library makes it', async () => {
  const config = await discovered(NHS_LOGIN, await newApp(), client.PrivateKeyJwt(await signingKey()));

  const first = await loggedIn(config, PATIENT, openid());
  const second = await client.refreshTokenGrant(config, first.refresh_token);
  const person = await client.fetchUserInfo(config, second.access_token, first.claims().sub);

  assert.equal(first.claims().identity_proofing_level, 'P9');
  assert.notEqual(second.access_token, first.access_token);
  assert.equal(person.nhs_number, PATIENT);
});

test('NHS login: a refresh token is good once', async () => {
  const config = await discovered(NHS_LOGIN, await newApp(), client.PrivateKeyJwt(await signingKey()));
  const first = await loggedIn(config, PATIENT, openid());
  await client.refreshTokenGrant(config, first.refresh_token);

  const again = client.refreshTokenGrant(config, first.refresh_token);

  await assert.rejects(again, { status: 400, error: 'invalid_grant' });
});

test('the platform: a doctor logs in and refreshes', async () => {
  const app = await newApp();
  const config = platform(app, client.ClientSecretPost(app.client_secret));

  const first = await loggedIn(config, DOCTOR);
  const person = await client.fetchUserInfo(config, first.access_token, DOCTOR);
  const second = await client.refreshTokenGrant(config, first.refresh_token);

  assert.equal(first.expires_in, 599);
  assert.equal(person.nhsid_useruid, DOCTOR);
  assert.equal(second.refresh_count, '1');
});

test('the platform: a patient logs in', async () => {
  const app = await newApp();
  const config = platform(app, client.ClientSecretPost(app.client_secret));

  const tokens = await loggedIn(config, PATIENT, { scope: 'nhs-login' });

  assert.equal(tokens.refresh_token_expires_in, '3599');
});

test('the platform: the assertion that the library makes has no typ', async () => {
  const config = platform(await newApp(), client.PrivateKeyJwt(await signingKey()));

  await assert.rejects(client.clientCredentialsGrant(config), {
    status: 400,
    error: 'invalid_request',
    error_description: "Invalid 'typ' header in client_assertion JWT - must be 'JWT'",
  });
});

test('the platform: with a typ, its audience is still the issuer', async () => {
  const half = { [client.modifyAssertion]: (header) => (header.typ = 'JWT') };
  const config = platform(await newApp(), client.PrivateKeyJwt(await signingKey(), half));

  await assert.rejects(client.clientCredentialsGrant(config), {
    status: 401,
    error: 'invalid_request',
    error_description: "Missing or invalid 'aud' claim in client_assertion JWT",
  });
});

const cure = {
  [client.modifyAssertion](header, payload) {
    header.typ = 'JWT';
    payload.aud = `${URL_OF_MOCK}/oauth2/token`;
  },
};

test('the platform: with both it takes the assertion', async () => {
  const config = platform(await newApp(), client.PrivateKeyJwt(await signingKey(), cure));

  const tokens = await client.clientCredentialsGrant(config);

  assert.equal(tokens.expires_in, 599);
});

test('the platform, where it is strict: the character set behind the type of the form is refused', async () => {
  const config = platform({ client_id: 'nhsauth-app' }, client.ClientSecretPost('any'), URL_OF_STRICT_MOCK);

  await assert.rejects(client.refreshTokenGrant(config, 'any'), {
    status: 415,
    error: 'invalid_request',
    error_description: 'Content-Type header must be application/x-www-form-urlencoded',
  });
});

test('the platform, where it is strict: a fetch of one’s own leaves the character set away', async () => {
  const config = platform({ client_id: 'nhsauth-app' }, client.ClientSecretPost('nhsauth-secret'), URL_OF_STRICT_MOCK);
  config[client.customFetch] = withoutCharset;

  await assert.rejects(client.refreshTokenGrant(config, 'any'), {
    status: 401,
    error: 'invalid_grant',
    error_description: 'refresh_token is invalid',
  });
});

test('logging out at CIS2 notifies the application, and ends what the platform issued', async (t) => {
  const { url, forms, close } = await receiver();
  t.after(close);
  const app = await newApp({ backchannel_logout_uri: url });
  const cis2 = await discovered(CIS2, app, client.ClientSecretPost(app.client_secret));
  const combined = platform(app, client.ClientSecretPost(app.client_secret));
  const browser = new Browser();
  const tokens = await loggedIn(combined, DOCTOR, { browser });
  const own = await loggedIn(cis2, DOCTOR, { browser, prompt: 'none', ...openid() });

  const leaving = client.buildEndSessionUrl(cis2, { id_token_hint: own.id_token });
  await browser.visit(leaving.href, { username: DOCTOR });

  const keys = createRemoteJWKSet(new URL(cis2.serverMetadata().jwks_uri));
  const logoutToken = await jwtVerify(forms[0].logout_token, keys, { issuer: CIS2, audience: app.client_id });
  assert.equal(forms.length, 1);
  assert.equal(logoutToken.payload.sid, own.claims().sid);
  assert.deepEqual(logoutToken.payload.events, { [BACKCHANNEL_LOGOUT]: {} });
  const api = new URL(`${URL_OF_MOCK}/hello-world/hello/user`);
  await assert.rejects(client.fetchProtectedResource(combined, tokens.access_token, api, 'GET'), challengedAsRevoked);
  await assert.rejects(client.refreshTokenGrant(combined, tokens.refresh_token), {
    status: 401,
    error: 'invalid_grant',
    error_description: 'refresh_token is invalid',
  });
});

test('logging out at CIS2 redirects back to where the application wants', async () => {
  const back = 'http://127.0.0.1:9/good-bye';
  const app = await newApp({ post_logout_redirect_uris: [back] });
  const config = await discovered(CIS2, app, client.ClientSecretPost(app.client_secret));
  const [browser, state] = [new Browser(), client.randomState()];
  const tokens = await loggedIn(config, DOCTOR, { browser, ...openid() });

  const leaving = { id_token_hint: tokens.id_token, post_logout_redirect_uri: back, state };
  const landed = await browser.visit(client.buildEndSessionUrl(config, leaving).href, { until: back });

  assert.equal(landed.searchParams.get('state'), state);
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
