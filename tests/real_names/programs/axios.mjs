import { createRequire } from "node:module";

const axios = createRequire(`${process.env.NODE_LIBRARIES}/`)("axios");
const url = "https://int.api.service.nhs.uk/oauth2/token";
for (const body of [process.env.WRONG, process.env.RIGHT]) {
  const answer = await axios.post(url, body, { validateStatus: () => true });
  console.log(JSON.stringify(answer.data), answer.status);
}
try {
  await axios.get("https://www.example.com/");
} catch {
  console.log("refused");
}
