import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Gets access tokens from the API platform, with the JDK alone: an app's API key, private key and the key's name. */
public record Apim(URI tokenUrl, String apiKey, PrivateKey key, String kid) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** What the token service answers when it refuses. */
    public static final class Refused extends IOException {
        public final int status;
        public final String description;
        public final String messageId;

        Refused(int status, String body) {
            super(status + " " + body);
            this.status = status;
            this.description = member(body, "error_description");
            this.messageId = member(body, "message_id");
        }
    }

    /** Return an access token for the person of whom CIS2 or NHS login has issued the id_token. */
    public String exchange(String idToken) throws IOException, InterruptedException, GeneralSecurityException {
        var form = Map.of(
                "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token_type", "urn:ietf:params:oauth:token-type:id_token",
                "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "subject_token", idToken,
                "client_assertion", assertion());
        var body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        var request = HttpRequest.newBuilder(tokenUrl)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new Refused(answer.statusCode(), answer.body());
        }
        return member(answer.body(), "access_token");
    }

    /** A signed JWT that is good for one request. */
    private String assertion() throws GeneralSecurityException {
        var header = """
                {"alg": "RS512", "typ": "JWT", "kid": "%s"}""".formatted(kid);
        var claims = """
                {"iss": "%1$s", "sub": "%1$s", "aud": "%2$s", "jti": "%3$s", "exp": %4$d}"""
                .formatted(apiKey, tokenUrl, UUID.randomUUID(), Instant.now().getEpochSecond() + 290);
        var signed = base64url(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64url(claims.getBytes(StandardCharsets.UTF_8));
        var signature = Signature.getInstance("SHA512withRSA");
        signature.initSign(key);
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64url(signature.sign());
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** A member of a JSON object; the JDK reads no JSON: your library does it better. */
    static String member(String json, String name) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : null;
    }
}
