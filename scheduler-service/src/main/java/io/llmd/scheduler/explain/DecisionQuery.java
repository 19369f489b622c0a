package io.llmd.scheduler.explain;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which recorded decisions somebody wants to see.
 *
 * @param model model after rewriting; null for all
 * @param endpoint id of a chosen endpoint; null for all
 * @param outcome what became of them; null for all
 * @param since not decided before; null for all
 * @param limit at most so many
 * @param before only those with a lower number
 */
public record DecisionQuery(
        @Nullable String model,
        @Nullable String endpoint,
        @Nullable DecisionOutcome outcome,
        @Nullable Instant since,
        int limit,
        long before)
        implements Predicate<DecisionRecord> {

    private static final int USUAL_LIMIT = 50;
    private static final int MAX_LIMIT = 1_000;
    private static final List<String> NAMES = List.of("model", "endpoint", "outcome", "since", "limit", "cursor");

    /**
     * Reads the parameters of a query.
     *
     * @throws IllegalArgumentException when one is unknown or makes no sense, with name, value and expectation
     */
    public static DecisionQuery of(Map<String, String> parameters, Set<String> others, Instant now) {
        for (String name : parameters.keySet()) {
            if (!NAMES.contains(name) && !others.contains(name)) {
                throw new IllegalArgumentException(name + ": unknown (expected: one of " + NAMES + ")");
            }
        }
        return new DecisionQuery(
                parameters.get("model"),
                parameters.get("endpoint"),
                outcome(parameters.get("outcome")),
                since(parameters.get("since"), now),
                (int) number("limit", parameters.get("limit"), USUAL_LIMIT, MAX_LIMIT),
                number("cursor", parameters.get("cursor"), Long.MAX_VALUE, Long.MAX_VALUE));
    }

    private static @Nullable DecisionOutcome outcome(@Nullable String name) {
        if (name == null) {
            return null;
        }
        DecisionOutcome outcome = DecisionOutcome.named(name.toLowerCase(Locale.ROOT));
        if (outcome == null) {
            throw new IllegalArgumentException(
                    "outcome: " + name + " (expected: one of " + DecisionOutcome.names() + ")");
        }
        return outcome;
    }

    /** A time, or how long ago it was. */
    private static @Nullable Instant since(@Nullable String text, Instant now) {
        if (text == null) {
            return null;
        }
        try {
            return text.endsWith("Z")
                    ? Instant.parse(text)
                    : now.minus(Duration.parse("PT" + text.toUpperCase(Locale.ROOT)));
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "since: " + text + " (expected: a time such as 2030-01-31T12:00:00Z, or 30s, 5m)", e);
        }
    }

    private static long number(String name, @Nullable String text, long usual, long most) {
        if (text == null) {
            return usual;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + text + " (expected: in [1, " + most + "])", e);
        }
        throw new IllegalArgumentException(name + ": " + text + " (expected: in [1, " + most + "])");
    }

    @Override
    public boolean test(DecisionRecord record) {
        return (model == null || model.equals(record.model()))
                && (endpoint == null || record.chosen().contains(endpoint))
                && (outcome == null || outcome == record.attempt().outcome())
                && (since == null || !record.decidedAt().isBefore(since));
    }
}
