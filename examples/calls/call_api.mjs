import { randomUUID } from 'node:crypto';

// 1. Get an access token from the same environment, and renew it before its ten minutes are over.
const { APIM_URL: apim, ACCESS_TOKEN: token } = process.env;

// 2. Call the API, each time with new ids: its team asks for them when you report a failure.
const headers = {
  Authorization: `Bearer ${token}`,
  'X-Request-ID': randomUUID(),
  'X-Correlation-ID': randomUUID(),
};
console.log(await (await fetch(`${apim}/hello-world/hello/user`, { headers })).text());
