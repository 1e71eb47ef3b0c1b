import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.*;

class ClientCredentials {
    public static void main(String[] args) throws Exception {
        var env = System.getenv();
        var http = HttpClient.newHttpClient();
        var tokenUrl = env.get("APIM_URL") + "/oauth2/token";

        // 1. Sign an assertion: a new one for each request, for five minutes at most.
        var claims = """
            {"iss": "%1$s", "sub": "%1$s", "aud": "%2$s", "jti": "%3$s", "exp": %4$d}"""
            .formatted(env.get("CLIENT_ID"), tokenUrl, UUID.randomUUID(), Instant.now().getEpochSecond() + 290);
        var base64 = Base64.getUrlEncoder().withoutPadding();
        var header = """
            {"alg": "RS512", "typ": "JWT", "kid": "%s"}""".formatted(env.get("KID"));
        var signed = base64.encodeToString(header.getBytes()) + "." + base64.encodeToString(claims.getBytes());
        var der = Base64.getMimeDecoder().decode(env.get("PRIVATE_KEY").replaceAll("-----.*-----", ""));
        var rs512 = Signature.getInstance("SHA512withRSA");
        rs512.initSign(KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der)));
        rs512.update(signed.getBytes());

        // 2. Post it as a form.
        var form = "grant_type=client_credentials"
            + "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            + "&client_assertion=" + signed + "." + base64.encodeToString(rs512.sign());
        var post = HttpRequest.newBuilder(URI.create(tokenUrl))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)).build();
        var answer = http.send(post, BodyHandlers.ofString()).body();
        var token = answer.replaceAll("(?s).*\"access_token\"\\s*:\\s*\"([^\"]+).*", "$1"); // or your JSON library

        // 3. Call the API.
        var hello = HttpRequest.newBuilder(URI.create(env.get("APIM_URL") + "/hello-world/hello/application"))
            .header("Authorization", "Bearer " + token).build();
        System.out.println(http.send(hello, BodyHandlers.ofString()).body());
    }
}
