using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

string Given(string name) => Environment.GetEnvironmentVariable(name)!;
using var http = new HttpClient();
var (nhsLogin, client) = (Given("NHS_LOGIN_URL"), Given("CLIENT_ID"));
var tokenUrl = $"{nhsLogin}/token";

// 1. Send the browser to NHS login, and read the address at which it comes back.
var (state, nonce) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
var callback = Uri.EscapeDataString(Given("REDIRECT_URI"));
var asked = $"client_id={client}&redirect_uri={callback}&state={state}&nonce={nonce}";
Console.WriteLine($"{nhsLogin}/authorize?{asked}&response_type=code&scope=openid+profile");
var back = Console.ReadLine()!.Split('?', '&');
if (!back.Contains($"state={state}")) throw new InvalidOperationException("not the answer to this log-in");
var code = Uri.UnescapeDataString(back.Single(each => each.StartsWith("code="))[5..]);

// 2. Redeem the code, once, at NHS login, with an assertion that is for NHS login.
var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 290;
var claims = new { iss = client, sub = client, aud = tokenUrl, jti = Guid.NewGuid(), exp = expires };
string Part(object json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));
var signed = $"{Part(new { alg = "RS512", typ = "JWT" })}.{Part(claims)}";
using var rsa = RSA.Create();
rsa.ImportFromPem(Given("PRIVATE_KEY"));
var signature = rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1);
var form = new Dictionary<string, string>
{
    ["grant_type"] = "authorization_code",
    ["redirect_uri"] = Given("REDIRECT_URI"),
    ["code"] = code,
    ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ["client_assertion"] = $"{signed}.{Base64Url.EncodeToString(signature)}",
};
var answer = await http.PostAsync(tokenUrl, new FormUrlEncodedContent(form));
var idToken = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id_token").GetString()!;

// 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
var person = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(idToken.Split('.')[1]));
if (!person.Contains(nonce)) throw new InvalidOperationException("not the id_token of this log-in");
Console.WriteLine($"logged in: {person}");
