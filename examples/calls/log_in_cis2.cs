using System.Buffers.Text;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

string Given(string name) => Environment.GetEnvironmentVariable(name)!;
using var http = new HttpClient();
var (cis2, client) = (Given("CIS2_URL"), Given("CLIENT_ID"));

// 1. Send the browser to CIS2, and read the address at which it comes back.
var (state, nonce) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
var callback = Uri.EscapeDataString(Given("REDIRECT_URI"));
var asked = $"client_id={client}&redirect_uri={callback}&state={state}&nonce={nonce}";
Console.WriteLine($"{cis2}/authorize?{asked}&response_type=code&scope=openid+profile");
var back = Console.ReadLine()!.Split('?', '&');
if (!back.Contains($"state={state}")) throw new InvalidOperationException("not the answer to this log-in");
var code = Uri.UnescapeDataString(back.Single(each => each.StartsWith("code="))[5..]);

// 2. Redeem the code, once, at CIS2.
var form = new Dictionary<string, string>
{
    ["grant_type"] = "authorization_code",
    ["redirect_uri"] = Given("REDIRECT_URI"),
    ["code"] = code,
    ["client_id"] = client,
    ["client_secret"] = Given("CLIENT_SECRET"),
};
var answer = await http.PostAsync($"{cis2}/access_token", new FormUrlEncodedContent(form));
var idToken = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id_token").GetString()!;

// 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
var person = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(idToken.Split('.')[1]));
if (!person.Contains(nonce)) throw new InvalidOperationException("not the id_token of this log-in");
Console.WriteLine($"logged in: {person}");
