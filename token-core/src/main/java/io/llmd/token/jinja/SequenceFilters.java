package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** Filters of lists and other things with elements. */
final class SequenceFilters {
    private SequenceFilters() {}

    /** The filters by name. */
    static Map<String, FilterFunction> all() {
        Map<String, FilterFunction> filters = new HashMap<>();
        filters.put("list", (value, arguments) -> Values.elements(value));
        filters.put("first", (value, arguments) -> end(Values.elements(value), "first"));
        filters.put("last", (value, arguments) -> end(Values.elements(value).reversed(), "last"));
        filters.put("reverse", (value, arguments) -> reverse(value));
        filters.put("join", SequenceFilters::join);
        filters.put("map", SequenceFilters::map);
        filters.put("select", (value, arguments) -> kept(value, element -> passes(element, arguments, 0)));
        filters.put("reject", (value, arguments) -> kept(value, element -> !passes(element, arguments, 0)));
        filters.put(
                "selectattr",
                (value, arguments) ->
                        kept(value, element -> passes(path(element, arguments.require(0, "attr")), arguments, 1)));
        filters.put(
                "rejectattr",
                (value, arguments) ->
                        kept(value, element -> !passes(path(element, arguments.require(0, "attr")), arguments, 1)));
        filters.put("unique", SequenceFilters::unique);
        filters.put(
                "sort",
                (value, arguments) ->
                        sorted(Values.elements(value), order(arguments), arguments.flag(0, "reverse", false)));
        filters.put("dictsort", SequenceFilters::dictsort);
        filters.put("sum", SequenceFilters::sum);
        filters.put("min", (value, arguments) -> least(value, order(arguments)));
        filters.put("max", (value, arguments) -> least(value, order(arguments).reversed()));
        return filters;
    }

    private static Object end(List<Object> elements, String which) {
        return elements.isEmpty() ? new Undefined("No " + which + " item, sequence was empty.") : elements.getFirst();
    }

    private static Object reverse(Object value) {
        return value instanceof String text
                ? new StringBuilder(text).reverse().toString()
                : Values.elements(value).reversed();
    }

    private static Object join(Object value, CallArguments arguments) {
        Object attribute = arguments.get(1, "attribute", None.NONE);
        List<Object> elements = Values.elements(value);
        if (attribute != None.NONE) {
            elements.replaceAll(element -> path(element, attribute));
        }
        return StringMethods.join(Values.text(arguments.get(0, "d", "")), elements);
    }

    private static Object least(Object value, Comparator<Object> order) {
        return Values.elements(value).stream()
                .min(order)
                .orElse(new Undefined("No aggregated item, sequence was empty."));
    }

    /** An attribute, or one of an attribute, with dots between. */
    private static Object path(Object element, Object attribute) {
        if (!(attribute instanceof String names)) {
            return Access.item(element, attribute);
        }
        Object value = element;
        for (String name : names.split("\\.", -1)) {
            boolean isIndex = !name.isEmpty() && name.chars().allMatch(Character::isDigit);
            value = Access.item(value, isIndex ? (Object) Long.valueOf(name) : name);
        }
        return value;
    }

    private static List<Object> map(Object value, CallArguments arguments) {
        List<Object> mapped = new ArrayList<>();
        Object attribute = arguments.positional().isEmpty() ? arguments.require(0, "attribute") : None.NONE;
        for (Object element : Values.elements(value)) {
            if (attribute == None.NONE) {
                mapped.add(filter(arguments.text(0, "filter", "")).apply(element, arguments.from(1)));
            } else {
                Object found = path(element, attribute);
                mapped.add(found instanceof Undefined ? arguments.named().getOrDefault("default", found) : found);
            }
        }
        return mapped;
    }

    private static boolean passes(Object element, CallArguments arguments, int index) {
        return arguments.positional().size() <= index
                ? Values.isTrue(element)
                : test(arguments.text(index, "test", "")).test(element, arguments.from(index + 1));
    }

    private static FilterFunction filter(String name) {
        FilterFunction filter = Filters.of(name);
        if (filter == null) {
            throw new JinjaException("No filter named '" + name + "'.");
        }
        return filter;
    }

    private static TestFunction test(String name) {
        TestFunction test = Tests.of(name);
        if (test == null) {
            throw new JinjaException("No test named '" + name + "'.");
        }
        return test;
    }

    private static List<Object> kept(Object value, Predicate<Object> predicate) {
        return Values.elements(value).stream().filter(predicate).toList();
    }

    private static List<Object> unique(Object value, CallArguments arguments) {
        boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
        Object attribute = arguments.get(1, "attribute", None.NONE);
        List<Object> keys = new ArrayList<>();
        List<Object> unique = new ArrayList<>();
        for (Object element : Values.elements(value)) {
            Object key = key(attribute == None.NONE ? element : path(element, attribute), caseSensitive);
            if (!Values.contains(keys, key)) {
                keys.add(key);
                unique.add(element);
            }
        }
        return unique;
    }

    private static Object key(Object value, boolean caseSensitive) {
        return value instanceof String text && !caseSensitive ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static Comparator<Object> order(CallArguments arguments) {
        boolean caseSensitive = Values.isTrue(arguments.named().getOrDefault("case_sensitive", false));
        Object attribute = arguments.named().getOrDefault("attribute", None.NONE);
        return (one, other) -> Values.compare(
                key(attribute == None.NONE ? one : path(one, attribute), caseSensitive),
                key(attribute == None.NONE ? other : path(other, attribute), caseSensitive));
    }

    private static List<Object> sorted(List<Object> elements, Comparator<Object> order, boolean reversed) {
        return elements.stream().sorted(reversed ? order.reversed() : order).toList();
    }

    private static List<Object> dictsort(Object value, CallArguments arguments) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new JinjaException("expected a dict, got " + Values.typeName(value));
        }
        boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
        int place = arguments.text(1, "by", "key").equals("value") ? 1 : 0;
        Comparator<Object> order = (one, other) -> Values.compare(
                key(Values.of(((List<?>) one).get(place)), caseSensitive),
                key(Values.of(((List<?>) other).get(place)), caseSensitive));
        return sorted(CollectionMethods.items(map), order, arguments.flag(2, "reverse", false));
    }

    private static Object sum(Object value, CallArguments arguments) {
        Object attribute = arguments.get(0, "attribute", None.NONE);
        Object sum = arguments.get(1, "start", 0L);
        for (Object element : Values.elements(value)) {
            sum = Operators.binary("+", sum, attribute == None.NONE ? element : path(element, attribute));
        }
        return sum;
    }
}
