// openid-client 6 as a command that prints one access token, its assertion corrected as `corrected` says.

import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';

import * as client from 'openid-client';

const { NHSAUTH_TOKEN_URL, NHSAUTH_CLIENT_ID, NHSAUTH_PRIVATE_KEY_FILE, NHSAUTH_KID } = process.env;
const corrected = process.argv.includes('corrected');

const pkcs8 = createPrivateKey(readFileSync(NHSAUTH_PRIVATE_KEY_FILE)).export({ type: 'pkcs8', format: 'der' });
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' };
const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
const server = { issuer: new URL(NHSAUTH_TOKEN_URL).origin, token_endpoint: NHSAUTH_TOKEN_URL };
const modified = {
  [client.modifyAssertion]: (header, payload) => {
    header.typ = 'JWT';
    payload.aud = NHSAUTH_TOKEN_URL;
    delete payload.iat;
    delete payload.nbf;
  },
};
const proof = client.PrivateKeyJwt({ key, kid: NHSAUTH_KID }, corrected ? modified : undefined);
const configuration = new client.Configuration(server, NHSAUTH_CLIENT_ID, {}, proof);
client.allowInsecureRequests(configuration);

try {
  const answer = await client.clientCredentialsGrant(configuration);
  console.log(answer.access_token);
} catch (error) {
  console.error(error.message, JSON.stringify(error.cause));
  process.exitCode = 1;
}
