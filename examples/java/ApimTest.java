import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ApimTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Process mock;
    private static String url;

    /** One mock for all tests of the class. */
    @BeforeAll
    static void start() throws Exception {
        mock = new ProcessBuilder("nhsauth", "serve", "--port", "0", "--json", "--log-level", "error")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        url = Apim.member(mock.inputReader().readLine(), "url");
    }

    @AfterAll
    static void stop() {
        mock.destroy();
    }

    @Test
    void aDoctorIsGreeted() throws Exception {
        var token = client().exchange(idToken());

        var hello = HttpRequest.newBuilder(URI.create(url + "/hello-world/hello/user"))
                .header("Authorization", "Bearer " + token)
                .build();
        assertEquals("{\"message\":\"Hello User!\"}", HTTP.send(hello, BodyHandlers.ofString()).body());
    }

    @Test
    void anAuthorizationCodeIsNoIdToken() throws Exception {
        var client = client();

        var refusal = assertThrows(Apim.Refused.class, () -> client.exchange("an-authorization-code"));

        assertEquals(400, refusal.status);
        assertEquals("Malformed JWT in subject_token", refusal.description);
        assertTrue(Apim.member(get("/exchanges/" + refusal.messageId), "diagnosis").contains("subject_token"));
    }

    /** The app that the mock knows from its start. */
    private static Apim client() throws Exception {
        var pem = get("/apps/nhsauth-app/private-key").replaceAll("-----.*-----|\\s", "");
        var key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        var kid = Apim.member(get("/apps/nhsauth-app/jwks"), "kid");
        return new Apim(URI.create(url + "/oauth2/token"), "nhsauth-app", key, kid);
    }

    private static String idToken() throws Exception {
        var asked = HttpRequest.newBuilder(URI.create(url + "/_nhsauth/id-tokens"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"provider\": \"cis2\", \"user\": \"656005750104\"}"))
                .build();
        return Apim.member(HTTP.send(asked, BodyHandlers.ofString()).body(), "id_token");
    }

    private static String get(String path) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(URI.create(url + "/_nhsauth" + path)).build(), BodyHandlers.ofString()).body();
    }
}
