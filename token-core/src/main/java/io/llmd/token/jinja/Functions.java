package io.llmd.token.jinja;

import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Functions that every template has. */
final class Functions {
    private static final long MOST_NUMBERS = 100_000;

    private Functions() {}

    /** Adds the functions to a scope. */
    static void addTo(Scope scope, LocalDateTime now) {
        scope.set("range", (Function) (positional, named) -> range(new CallArguments(positional, named)));
        scope.set("dict", (Function) Functions::dict);
        scope.set("namespace", (Function) (positional, named) -> {
            Map<String, Object> attributes = new LinkedHashMap<>();
            dict(positional, named).forEach((key, value) -> attributes.put(Values.text(key), value));
            return new Namespace(attributes);
        });
        scope.set("raise_exception", (Function) (positional, named) -> {
            throw new JinjaException(Values.text(new CallArguments(positional, named).require(0, "message")));
        });
        scope.set("strftime_now", (Function) (positional, named) ->
                Strftime.format(new CallArguments(positional, named).text(0, "format", ""), now));
    }

    private static Map<Object, Object> dict(List<Object> positional, Map<String, Object> named) {
        Map<Object, Object> dict = new LinkedHashMap<>();
        if (!positional.isEmpty() && positional.getFirst() instanceof Map<?, ?> map) {
            map.forEach((key, value) -> dict.put(Values.of(key), Values.of(value)));
        }
        dict.putAll(named);
        return dict;
    }

    private static List<Object> range(CallArguments arguments) {
        boolean one = arguments.positional().size() < 2;
        long start = one ? 0 : arguments.integer(0, "start", 0);
        long stop = arguments.integer(one ? 0 : 1, "stop", 0);
        long step = arguments.integer(2, "step", 1);
        if (step == 0) {
            throw new JinjaException("range() arg 3 must not be zero");
        }
        long count = Math.max(0, Math.ceilDiv(stop - start, step));
        if (count > MOST_NUMBERS) {
            throw new JinjaException(
                    "Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + MOST_NUMBERS + ").");
        }
        return LongStream.range(0, count)
                .<Object>mapToObj(i -> start + i * step)
                .toList();
    }
}
