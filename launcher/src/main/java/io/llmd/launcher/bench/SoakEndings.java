package io.llmd.launcher.bench;

import io.llmd.launcher.load.LoadReport;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How the requests of a soak ended, by the names of {@link LoadReport#outcomes}. An ending is explained when the client got
 * its answer, or an error with a code that says what went wrong; any other name, also one that is new, is not.
 */
final class SoakEndings {

    /** Endings of requests that the client has not put on the wire. */
    private static final Set<String> NOT_SENT = Set.of("connect_failed", "client_connection_limit");

    private static final String OK = "ok";
    private static final Pattern ERROR_WITH_CODE =
            Pattern.compile("([1-5][0-9][0-9]|stream_error) (?!without_code$).+");

    /** A complete answer that is no JSON. */
    private static final String BROKEN_JSON = "malformed_answer";

    private final Map<String, Long> counts = new TreeMap<>();

    void add(Map<String, Long> outcomes) {
        outcomes.forEach((ending, count) -> counts.merge(ending, count, Long::sum));
    }

    /** Requests that reached the wire. */
    long sent() {
        return counts.entrySet().stream()
                .filter(entry -> !NOT_SENT.contains(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** @param endpointBrokeJson whether an endpoint did so on purpose: the gateway passes such an answer on as it is */
    long unexplained(boolean endpointBrokeJson) {
        return counts.entrySet().stream()
                .filter(entry -> !isExplained(entry.getKey(), endpointBrokeJson))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static boolean isExplained(String ending, boolean endpointBrokeJson) {
        return ending.equals(OK)
                || ERROR_WITH_CODE.matcher(ending).matches()
                || endpointBrokeJson && ending.equals(BROKEN_JSON);
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
