import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.*;

class LogInNhsLogin {
    public static void main(String[] args) throws Exception {
        var env = System.getenv();
        var http = HttpClient.newHttpClient();
        String nhsLogin = env.get("NHS_LOGIN_URL"), tokenUrl = nhsLogin + "/token";

        // 1. Send the browser to NHS login, and read the address at which it comes back.
        var own = "client_id=" + env.get("CLIENT_ID")
            + "&redirect_uri=" + URLEncoder.encode(env.get("REDIRECT_URI"), "UTF-8");
        String state = UUID.randomUUID().toString(), nonce = UUID.randomUUID().toString();
        System.out.println(nhsLogin + "/authorize?" + own
            + "&response_type=code&scope=openid+profile&state=" + state + "&nonce=" + nonce);
        var back = new Scanner(System.in).nextLine();
        if (!back.contains("state=" + state)) throw new SecurityException("not the answer to this log-in");
        var code = back.replaceAll(".*[?&]code=([^&]+).*", "$1");

        // 2. Redeem the code, once, at NHS login, with an assertion that is for NHS login.
        var claims = """
            {"iss": "%1$s", "sub": "%1$s", "aud": "%2$s", "jti": "%3$s", "exp": %4$d}"""
            .formatted(env.get("CLIENT_ID"), tokenUrl, UUID.randomUUID(), Instant.now().getEpochSecond() + 290);
        var base64 = Base64.getUrlEncoder().withoutPadding();
        var header = "{\"alg\": \"RS512\", \"typ\": \"JWT\"}";
        var signed = base64.encodeToString(header.getBytes()) + "." + base64.encodeToString(claims.getBytes());
        var der = Base64.getMimeDecoder().decode(env.get("PRIVATE_KEY").replaceAll("-----.*-----", ""));
        var rs512 = Signature.getInstance("SHA512withRSA");
        rs512.initSign(KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der)));
        rs512.update(signed.getBytes());
        var form = own + "&grant_type=authorization_code&code=" + code
            + "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            + "&client_assertion=" + signed + "." + base64.encodeToString(rs512.sign());
        var post = HttpRequest.newBuilder(URI.create(tokenUrl))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)).build();
        var answer = http.send(post, BodyHandlers.ofString()).body();
        var idToken = answer.replaceAll("(?s).*\"id_token\"\\s*:\\s*\"([^\"]+).*", "$1"); // or your JSON library

        // 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
        var person = new String(Base64.getUrlDecoder().decode(idToken.split("\\.")[1]));
        if (!person.contains(nonce)) throw new SecurityException("not the id_token of this log-in");
        System.out.println("logged in: " + person);
    }
}
