package io.llmd.token.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tests: what stands behind {@code is}. */
final class Tests {
    private Tests() {}

    private static final Map<String, TestFunction> ALL = all();

    /** The test of a name; absent if there is none. */
    static @Nullable TestFunction of(String name) {
        return ALL.get(name);
    }

    private static Map<String, TestFunction> all() {
        Map<String, TestFunction> tests = new HashMap<>();
        tests.put("defined", (value, arguments) -> !(value instanceof Undefined));
        tests.put("undefined", (value, arguments) -> value instanceof Undefined);
        tests.put("none", (value, arguments) -> value == None.NONE);
        tests.put("boolean", (value, arguments) -> value instanceof Boolean);
        tests.put("true", (value, arguments) -> Boolean.TRUE.equals(value));
        tests.put("false", (value, arguments) -> Boolean.FALSE.equals(value));
        tests.put("string", (value, arguments) -> value instanceof String);
        tests.put("number", (value, arguments) -> Values.isNumber(value));
        tests.put("integer", (value, arguments) -> Values.isInteger(value) && !(value instanceof Boolean));
        tests.put("float", (value, arguments) -> value instanceof Double);
        tests.put("mapping", (value, arguments) -> value instanceof Map<?, ?>);
        tests.put("sequence", (value, arguments) -> hasElements(value));
        tests.put("iterable", (value, arguments) -> hasElements(value) || value instanceof Undefined);
        tests.put("callable", (value, arguments) -> value instanceof Function);
        tests.put("odd", (value, arguments) -> Math.floorMod(Values.integer(value), 2) == 1);
        tests.put("even", (value, arguments) -> Math.floorMod(Values.integer(value), 2) == 0);
        tests.put(
                "divisibleby",
                (value, arguments) -> Operators.binary("%", value, arguments.require(0, "num"))
                        .equals(0L));
        tests.put(
                "lower",
                (value, arguments) ->
                        Values.text(value).toLowerCase(Locale.ROOT).equals(value));
        tests.put(
                "upper",
                (value, arguments) ->
                        Values.text(value).toUpperCase(Locale.ROOT).equals(value));
        tests.put("in", (value, arguments) -> Values.contains(arguments.require(0, "seq"), value));
        comparison(tests, "==", "eq", "equalto", "==", "sameas");
        comparison(tests, "!=", "ne", "!=");
        comparison(tests, "<", "lt", "lessthan", "<");
        comparison(tests, "<=", "le", "<=");
        comparison(tests, ">", "gt", "greaterthan", ">");
        comparison(tests, ">=", "ge", ">=");
        return Map.copyOf(tests);
    }

    private static void comparison(Map<String, TestFunction> tests, String operator, String... names) {
        for (String name : names) {
            tests.put(name, (value, arguments) -> Operators.compare(operator, value, arguments.require(0, "other")));
        }
    }

    private static boolean hasElements(Object value) {
        return value instanceof String || value instanceof List<?> || value instanceof Map<?, ?>;
    }
}
