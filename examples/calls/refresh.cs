using System.Net.Http.Json;
using System.Text.Json;

string Given(string name) => Environment.GetEnvironmentVariable(name)!;
using var http = new HttpClient();
var apim = Given("APIM_URL");

// 1. Post the newest refresh token, as a form: each is good for one request.
var form = new Dictionary<string, string>
{
    ["grant_type"] = "refresh_token",
    ["refresh_token"] = Given("REFRESH_TOKEN"),
    ["client_id"] = Given("CLIENT_ID"),
    ["client_secret"] = Given("CLIENT_SECRET"),
};
var answer = await http.PostAsync($"{apim}/oauth2/token", new FormUrlEncodedContent(form));
var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>();

// 2. Keep both new tokens: the answer has a new refresh token, too.
var (token, kept) = (tokens.GetProperty("access_token").GetString()!, tokens.GetProperty("refresh_token").GetString()!);

// 3. Call the API.
http.DefaultRequestHeaders.Authorization = new("Bearer", token);
Console.WriteLine(await http.GetStringAsync($"{apim}/hello-world/hello/user"));
