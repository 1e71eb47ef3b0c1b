import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.*;

class LogInCis2 {
    public static void main(String[] args) throws Exception {
        var env = System.getenv();
        var http = HttpClient.newHttpClient();
        var cis2 = env.get("CIS2_URL");

        // 1. Send the browser to CIS2, and read the address at which it comes back.
        var own = "client_id=" + env.get("CLIENT_ID")
            + "&redirect_uri=" + URLEncoder.encode(env.get("REDIRECT_URI"), "UTF-8");
        String state = UUID.randomUUID().toString(), nonce = UUID.randomUUID().toString();
        System.out.println(cis2 + "/authorize?" + own
            + "&response_type=code&scope=openid+profile&state=" + state + "&nonce=" + nonce);
        var back = new Scanner(System.in).nextLine();
        if (!back.contains("state=" + state)) throw new SecurityException("not the answer to this log-in");
        var code = back.replaceAll(".*[?&]code=([^&]+).*", "$1");

        // 2. Redeem the code, once, at CIS2.
        var form = own + "&client_secret=" + env.get("CLIENT_SECRET")
            + "&grant_type=authorization_code&code=" + code;
        var post = HttpRequest.newBuilder(URI.create(cis2 + "/access_token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)).build();
        var answer = http.send(post, BodyHandlers.ofString()).body();
        var idToken = answer.replaceAll("(?s).*\"id_token\"\\s*:\\s*\"([^\"]+).*", "$1"); // or your JSON library

        // 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
        var claims = new String(Base64.getUrlDecoder().decode(idToken.split("\\.")[1]));
        if (!claims.contains(nonce)) throw new SecurityException("not the id_token of this log-in");
        System.out.println("logged in: " + claims);
    }
}
