package io.llmd.launcher.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Kinds of requests that differ by their headers, such as tenants and priorities, and how often each comes.
 *
 * @param kinds empty for one kind without headers of its own
 */
public record RequestMix(List<Kind> kinds) {

    /** Requests of one kind. */
    public static final RequestMix NONE = new RequestMix(List.of());

    /**
     * A kind.
     *
     * @param name in the report
     * @param weight how often it comes, beside the weights of the others; above 0
     * @param headers of its requests
     */
    public record Kind(String name, double weight, Map<String, String> headers) {
        public Kind {
            headers = Map.copyOf(headers);
            if (!(weight > 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException("mix: weight " + weight + " (expected: > 0)");
            }
        }

        /**
         * Reads {@code WEIGHT:NAME=VALUE,NAME=VALUE}; the headers are its name in the report.
         *
         * @throws IllegalArgumentException for anything else
         */
        static Kind parse(String text) {
            int colon = text.indexOf(':');
            Map<String, String> headers = new LinkedHashMap<>();
            try {
                double weight = Double.parseDouble(text.substring(0, Math.max(0, colon)));
                for (String header : text.substring(colon + 1).split(",")) {
                    int sign = header.indexOf('=');
                    headers.put(
                            header.substring(0, sign).trim(),
                            header.substring(sign + 1).trim());
                }
                return new Kind(shown(headers), weight, headers);
            } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
                throw new IllegalArgumentException(
                        "mix: " + text + " (expected: WEIGHT:HEADER=VALUE, further headers with commas between)", e);
            }
        }

        /** Headers that may hold keys are not shown as they are: of long values, what tells them apart. */
        private static final int LONG_VALUE = 16;

        private static final Pattern MAY_HOLD_A_KEY = Pattern.compile(
                "auth|bearer|cookie|credential|jwt|key|pass|pwd|secret|session|sign|token", Pattern.CASE_INSENSITIVE);

        private static String shown(Map<String, String> headers) {
            List<String> parts = new ArrayList<>();
            headers.forEach((name, value) -> {
                boolean isLong = value.length() >= LONG_VALUE;
                boolean isShown = name.toLowerCase(Locale.ROOT).startsWith("x-llm")
                        || !isLong && !MAY_HOLD_A_KEY.matcher(name).find();
                String end = isLong ? value.substring(value.length() - 4) : "";
                parts.add(name + "=" + (isShown ? value : "…" + end));
            });
            return String.join(",", parts);
        }
    }

    public RequestMix {
        kinds = List.copyOf(kinds);
    }

    /** The kind of the next request, as its place in the list; 0 when there is one kind only. */
    int next(RandomGenerator random) {
        if (kinds.size() < 2) {
            return 0;
        }
        double all = kinds.stream().mapToDouble(Kind::weight).sum();
        double drawn = random.nextDouble() * all;
        for (int i = 0; i < kinds.size(); i++) {
            drawn -= kinds.get(i).weight();
            if (drawn < 0) {
                return i;
            }
        }
        return kinds.size() - 1;
    }

    /** Headers of a kind. */
    Map<String, String> headers(int kind) {
        return kinds.isEmpty() ? Map.of() : kinds.get(kind).headers();
    }
}
