package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * A page of meters as Prometheus reads it.
 *
 * @param text the page
 */
record MetersPage(String text) {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Reads a page. @throws BenchFailure if it is answered with anything but 200 */
    static MetersPage read(HttpClient http, URI uri) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new BenchFailure(uri + ": status " + answer.statusCode() + " (expected: 200)");
        }
        return new MetersPage(answer.body());
    }

    /** Sum over all series of a name; 0 without any. */
    double sum(String name) {
        return sum(name, "");
    }

    /** Sum over the series of a name whose labels hold a text, such as {@code area="heap"}; 0 without any. */
    double sum(String name, String label) {
        return series(name, label).mapToDouble(MetersPage::value).sum();
    }

    /** As {@link #required(String, String)}, whatever the labels. */
    double required(String name) {
        return required(name, "");
    }

    /**
     * Sum over the series of a name whose labels hold a text, where no series does not mean 0.
     *
     * @throws BenchFailure without any
     */
    double required(String name, String label) {
        if (series(name, label).findAny().isEmpty()) {
            throw new BenchFailure("meter " + name + " " + label + ": not on the page");
        }
        return sum(name, label);
    }

    /** How many there are, of all names. */
    double series() {
        return text.lines()
                .filter(line -> !line.isBlank() && line.charAt(0) != '#')
                .count();
    }

    private Stream<String> series(String name, String label) {
        return text.lines()
                .filter(line -> line.startsWith(name)
                        && line.length() > name.length()
                        && (line.charAt(name.length()) == '{' || line.charAt(name.length()) == ' ')
                        && line.contains(label));
    }

    private static double value(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }
}
