using System.Net.Http.Json;
using System.Text.Json;

string Given(string name) => Environment.GetEnvironmentVariable(name)!;
using var http = new HttpClient();
var (apim, client) = (Given("APIM_URL"), Given("CLIENT_ID"));

// 1. Send the browser to the platform, and read the address at which it comes back.
var state = Guid.NewGuid().ToString();
var callback = Uri.EscapeDataString(Given("REDIRECT_URI"));
var asked = $"client_id={client}&redirect_uri={callback}&response_type=code&scope=nhs-cis2&state={state}";
Console.WriteLine($"{apim}/oauth2/authorize?{asked}");
var back = Console.ReadLine()!.Split('?', '&');
if (!back.Contains($"state={state}")) throw new InvalidOperationException("not the answer to this log-in");
var code = Uri.UnescapeDataString(back.Single(each => each.StartsWith("code="))[5..]);

// 2. Redeem the code, once, as a form. There is no assertion and no id_token.
var form = new Dictionary<string, string>
{
    ["grant_type"] = "authorization_code",
    ["redirect_uri"] = Given("REDIRECT_URI"),
    ["code"] = code,
    ["client_id"] = client,
    ["client_secret"] = Given("CLIENT_SECRET"),
};
var answer = await http.PostAsync($"{apim}/oauth2/token", new FormUrlEncodedContent(form));
var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;

// 3. Ask who it is, and call the API, with the same token.
http.DefaultRequestHeaders.Authorization = new("Bearer", token);
Console.WriteLine("logged in: " + await http.GetStringAsync($"{apim}/oauth2/userinfo"));
Console.WriteLine(await http.GetStringAsync($"{apim}/hello-world/hello/user"));
