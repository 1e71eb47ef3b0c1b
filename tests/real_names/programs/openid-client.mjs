import { pathToFileURL } from "node:url";

const client = await import(pathToFileURL(`${process.env.NODE_LIBRARIES}/openid-client/build/index.js`));

const cis2 = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk";
const realm = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare";
const config = await client.discovery(new URL(`https://${cis2}:443${realm}`), "nhsauth-app", "nhsauth-secret");
console.log(config.serverMetadata().issuer);

const token = new client.Configuration(
  { issuer: "https://int.api.service.nhs.uk/oauth2", token_endpoint: "https://int.api.service.nhs.uk/oauth2/token" },
  "nhsauth-app",
  undefined,
  () => {}, // the form has the assertion already
);
for (const body of [process.env.WRONG, process.env.RIGHT]) {
  const form = new URLSearchParams(body);
  try {
    const answer = await client.genericGrantRequest(token, form.get("grant_type"), form);
    console.log(JSON.stringify(answer), 200);
  } catch (refusal) {
    console.log(JSON.stringify(refusal.cause), refusal.status);
  }
}
try {
  await fetch("https://www.example.com/");
} catch {
  console.log("refused");
}
