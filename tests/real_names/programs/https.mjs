// What jwks-rsa, popsicle and many older clients stand on.
import https from "node:https";

function ask(url, body) {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) };
    const asked = https.request(url, { method: "POST", headers }, async (answer) => {
      const pieces = [];
      for await (const piece of answer) pieces.push(piece);
      resolve(`${Buffer.concat(pieces)} ${answer.statusCode}`);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

for (const body of [process.env.WRONG, process.env.RIGHT]) {
  console.log(await ask("https://int.api.service.nhs.uk/oauth2/token", body));
}
await ask("https://www.example.com/", "").catch(() => console.log("refused"));
