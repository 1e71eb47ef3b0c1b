import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.*;

class CallApi {
    public static void main(String[] args) throws Exception {
        // 1. Get an access token from the same environment, and renew it before its ten minutes are over.
        String apim = System.getenv("APIM_URL"), token = System.getenv("ACCESS_TOKEN");

        // 2. Call the API, each time with new ids: its team asks for them when you report a failure.
        var call = HttpRequest.newBuilder(URI.create(apim + "/hello-world/hello/user"))
            .header("Authorization", "Bearer " + token)
            .header("X-Request-ID", UUID.randomUUID().toString())
            .header("X-Correlation-ID", UUID.randomUUID().toString()).build();
        System.out.println(HttpClient.newHttpClient().send(call, BodyHandlers.ofString()).body());
    }
}
