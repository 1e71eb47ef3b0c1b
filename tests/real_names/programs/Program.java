import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

public class Program {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        URI url = URI.create("https://int.api.service.nhs.uk/oauth2/token");
        for (String body : List.of(System.getenv("WRONG"), System.getenv("RIGHT"))) {
            var request = HttpRequest.newBuilder(url)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            var answer = client.send(request, BodyHandlers.ofString());
            System.out.println(answer.body() + " " + answer.statusCode());
        }
        try {
            client.send(HttpRequest.newBuilder(URI.create("https://www.example.com/")).build(), BodyHandlers.ofString());
        } catch (IOException refusal) {
            System.out.println("refused");
        }
    }
}
