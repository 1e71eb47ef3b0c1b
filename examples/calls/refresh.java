import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.*;

class Refresh {
    public static void main(String[] args) throws Exception {
        var env = System.getenv();
        var http = HttpClient.newHttpClient();
        var apim = env.get("APIM_URL");

        // 1. Post the newest refresh token, as a form: each is good for one request.
        var form = "grant_type=refresh_token&refresh_token=" + env.get("REFRESH_TOKEN")
            + "&client_id=" + env.get("CLIENT_ID") + "&client_secret=" + env.get("CLIENT_SECRET");
        var post = HttpRequest.newBuilder(URI.create(apim + "/oauth2/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)).build();
        var answer = http.send(post, BodyHandlers.ofString()).body();

        // 2. Keep both new tokens: the answer has a new refresh token, too. Your JSON library does it better.
        var token = answer.replaceAll("(?s).*\"access_token\"\\s*:\\s*\"([^\"]+).*", "$1");
        var kept = answer.replaceAll("(?s).*\"refresh_token\"\\s*:\\s*\"([^\"]+).*", "$1");

        // 3. Call the API.
        var hello = HttpRequest.newBuilder(URI.create(apim + "/hello-world/hello/user"))
            .header("Authorization", "Bearer " + token).build();
        System.out.println(http.send(hello, BodyHandlers.ofString()).body());
    }
}
