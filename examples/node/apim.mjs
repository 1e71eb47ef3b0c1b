// Gets access tokens from the API platform by openid-client.

import * as client from 'openid-client';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** An app of the platform; `key` is a CryptoKey, `kid` its name in the app's key set. */
export class Apim {
  constructor({ issuer, tokenUrl, apiKey, key, kid }) {
    // The platform wants a typ in the header and its token endpoint, not its issuer, as the audience.
    const authentication = client.PrivateKeyJwt(
      { key, kid },
      {
        [client.modifyAssertion](header, claims) {
          header.typ = 'JWT';
          claims.aud = tokenUrl;
        },
      },
    );
    this.config = new client.Configuration({ issuer, token_endpoint: tokenUrl }, apiKey, undefined, authentication);
    if (new URL(tokenUrl).protocol === 'http:') client.allowInsecureRequests(this.config); // a mock
  }

  /** An access token for the person of whom CIS2 or NHS login has issued the id_token. */
  async exchange(idToken) {
    const form = { subject_token: idToken, subject_token_type: ID_TOKEN };
    return (await client.genericGrantRequest(this.config, EXCHANGE, form)).access_token;
  }
}
