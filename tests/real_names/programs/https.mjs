// What jwks-rsa, popsicle and many older clients use; some of them make an agent of their own.
import https from "node:https";

function ask(url, body, agent) {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) };
    const asked = https.request(url, { method: "POST", headers, agent }, async (answer) => {
      const pieces = [];
      for await (const piece of answer) pieces.push(piece);
      resolve(`${Buffer.concat(pieces)} ${answer.statusCode}`);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const url = "https://int.api.service.nhs.uk/oauth2/token";
console.log(await ask(url, process.env.WRONG));
console.log(await ask(url, process.env.RIGHT, new https.Agent({ keepAlive: false })));
await ask("https://www.example.com/", "").catch(() => console.log("refused"));
