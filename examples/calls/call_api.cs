// 1. Get an access token from the same environment, and renew it before its ten minutes are over.
string Given(string name) => Environment.GetEnvironmentVariable(name)!;
var (apim, token) = (Given("APIM_URL"), Given("ACCESS_TOKEN"));

// 2. Call the API, each time with new ids: its team asks for them when you report a failure.
using var http = new HttpClient();
http.DefaultRequestHeaders.Authorization = new("Bearer", token);
http.DefaultRequestHeaders.Add("X-Request-ID", Guid.NewGuid().ToString());
http.DefaultRequestHeaders.Add("X-Correlation-ID", Guid.NewGuid().ToString());
Console.WriteLine(await http.GetStringAsync($"{apim}/hello-world/hello/user"));
