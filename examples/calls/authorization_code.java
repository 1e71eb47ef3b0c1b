import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.*;

class AuthorizationCode {
    public static void main(String[] args) throws Exception {
        var env = System.getenv();
        var http = HttpClient.newHttpClient();
        var apim = env.get("APIM_URL");

        // 1. Send the browser to the platform, and read the address at which it comes back.
        var own = "client_id=" + env.get("CLIENT_ID")
            + "&redirect_uri=" + URLEncoder.encode(env.get("REDIRECT_URI"), "UTF-8");
        var state = UUID.randomUUID().toString();
        System.out.println(apim + "/oauth2" + "/authorize?" + own
            + "&response_type=code&scope=nhs-cis2&state=" + state);
        var back = new Scanner(System.in).nextLine();
        if (!back.contains("state=" + state)) throw new SecurityException("not the answer to this log-in");
        var code = back.replaceAll(".*[?&]code=([^&]+).*", "$1");

        // 2. Redeem the code, once, as a form. There is no assertion and no id_token.
        var form = own + "&client_secret=" + env.get("CLIENT_SECRET")
            + "&grant_type=authorization_code&code=" + code;
        var post = HttpRequest.newBuilder(URI.create(apim + "/oauth2/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)).build();
        var answer = http.send(post, BodyHandlers.ofString()).body();
        var token = answer.replaceAll("(?s).*\"access_token\"\\s*:\\s*\"([^\"]+).*", "$1"); // or your JSON library

        // 3. Ask who it is, and call the API, with the same token.
        for (var path : List.of("/oauth2/userinfo", "/hello-world/hello/user")) {
            var call = HttpRequest.newBuilder(URI.create(apim + path))
                .header("Authorization", "Bearer " + token).build();
            System.out.println(http.send(call, BodyHandlers.ofString()).body());
        }
    }
}
