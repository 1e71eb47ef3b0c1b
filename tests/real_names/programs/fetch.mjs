const url = "https://int.api.service.nhs.uk/oauth2/token";
for (const body of [process.env.WRONG, process.env.RIGHT]) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(body) });
  console.log(await answer.text(), answer.status);
}
try {
  await fetch("https://www.example.com/");
} catch {
  console.log("refused");
}
