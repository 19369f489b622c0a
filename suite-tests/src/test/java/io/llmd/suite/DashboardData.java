package io.llmd.suite;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Asks a Prometheus all queries of the dashboards and lists those without data.
 * Run as {@code java suite-tests/src/test/java/io/llmd/suite/DashboardData.java http://localhost:9091} in the repository's root;
 * exits with 1 when a query fails or has no data.
 */
final class DashboardData {

    private static final Pattern PANEL =
            Pattern.compile("\"title\": \"((?:[^\"\\\\]|\\\\.)*)\"|\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\"");

    private DashboardData() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int empty = 0;
        int all = 0;
        try (HttpClient client = HttpClient.newHttpClient();
                Stream<Path> files = Files.list(Path.of("ops/grafana/dashboards"))) {
            for (Path file : files.sorted().toList()) {
                Matcher matcher = PANEL.matcher(Files.readString(file));
                String title = "";
                while (matcher.find()) {
                    if (matcher.group(2) == null) {
                        title = matcher.group(1);
                        continue;
                    }
                    all++;
                    String query = matcher.group(2)
                            .replace("\\\"", "\"")
                            .replace("\\\\", "\\")
                            .replace("$__rate_interval", "1m")
                            .replaceAll("\\$[a-z]+", ".*");
                    String answer = ask(client, arguments[0], query);
                    if (!answer.contains("\"status\":\"success\"") || answer.contains("\"result\":[]")) {
                        empty++;
                        System.out.println(file.getFileName() + ": " + title + ": " + query
                                + (answer.contains("\"error\"") ? "\n    " + answer : ""));
                    }
                }
            }
        }
        System.out.println(all - empty + " of " + all + " queries have data");
        System.exit(empty == 0 ? 0 : 1);
    }

    private static String ask(HttpClient client, String prometheus, String query)
            throws IOException, InterruptedException {
        String url = prometheus + "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
