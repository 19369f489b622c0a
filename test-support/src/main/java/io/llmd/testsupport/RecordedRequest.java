package io.llmd.testsupport;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A request as the {@link FakeModelServer} received it, and what became of its connection. */
public final class RecordedRequest {

    private final String method;
    private final String uri;
    private final List<Map.Entry<String, String>> headers;
    private final byte[] body;
    private final int connection;
    private volatile boolean answered;
    private volatile boolean aborted;

    RecordedRequest(String method, String uri, List<Map.Entry<String, String>> headers, byte[] body, int connection) {
        this.method = method;
        this.uri = uri;
        this.headers = List.copyOf(headers);
        this.body = body;
        this.connection = connection;
    }

    /** HTTP method. */
    public String method() {
        return method;
    }

    /** Request target with query. */
    public String uri() {
        return uri;
    }

    /** Headers in the order and spelling of the wire. */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** First value of a header, whatever its case. */
    public Optional<String> header(String name) {
        return headers.stream()
                .filter(h -> h.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Whether a header name was sent, whatever its case. */
    public boolean hasHeader(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return headers.stream()
                .anyMatch(h -> h.getKey().toLowerCase(Locale.ROOT).equals(wanted));
    }

    /** The body's bytes. */
    public byte[] body() {
        return body.clone();
    }

    /** The body as UTF-8. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Number of the connection, counted from 1; equal numbers mean a reused connection. */
    public int connection() {
        return connection;
    }

    /** Whether the scripted answer was written to its end. */
    public boolean isAnswered() {
        return answered;
    }

    /** Whether the other side closed the connection before the scripted answer ended. */
    public boolean isAborted() {
        return aborted;
    }

    void markAnswered() {
        answered = true;
    }

    void markAborted() {
        aborted = true;
    }
}
