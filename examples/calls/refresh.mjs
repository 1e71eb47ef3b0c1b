const { APIM_URL: apim, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN } = process.env;

// 1. Post the newest refresh token, as a form: each is good for one request.
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }; // fetch would add a charset
const body = new URLSearchParams({
  grant_type: 'refresh_token',
  refresh_token: REFRESH_TOKEN,
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
});
const tokens = await (await fetch(`${apim}/oauth2/token`, { method: 'POST', headers: form, body })).json();

// 2. Keep both new tokens: the answer has a new refresh token, too.
const { access_token: token, refresh_token: kept } = tokens;

// 3. Call the API.
const headers = { Authorization: `Bearer ${token}` };
console.log(await (await fetch(`${apim}/hello-world/hello/user`, { headers })).text());
