using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

string Given(string name) => Environment.GetEnvironmentVariable(name)!;
using var http = new HttpClient();
var (apim, app, kid) = (Given("APIM_URL"), Given("CLIENT_ID"), Given("KID"));
var tokenUrl = $"{apim}/oauth2/token";

// 1. Log the person in at CIS2 or NHS login: that gives an id_token. Sign an assertion for the platform.
var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 290;
var claims = new { iss = app, sub = app, aud = tokenUrl, jti = Guid.NewGuid(), exp = expires };
string Part(object json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));
var signed = $"{Part(new { alg = "RS512", typ = "JWT", kid })}.{Part(claims)}";
using var rsa = RSA.Create();
rsa.ImportFromPem(Given("PRIVATE_KEY"));
var signature = rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1);

// 2. Exchange the id_token, as a form.
var form = new Dictionary<string, string>
{
    ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
    ["subject_token_type"] = "urn:ietf:params:oauth:token-type:id_token",
    ["subject_token"] = Given("ID_TOKEN"),
    ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ["client_assertion"] = $"{signed}.{Base64Url.EncodeToString(signature)}",
};
var answer = await http.PostAsync(tokenUrl, new FormUrlEncodedContent(form));
var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;

// 3. Call the API.
http.DefaultRequestHeaders.Authorization = new("Bearer", token);
Console.WriteLine(await http.GetStringAsync($"{apim}/hello-world/hello/user"));
