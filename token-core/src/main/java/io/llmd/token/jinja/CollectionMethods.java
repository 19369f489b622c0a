package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Methods of lists and dictionaries that do not change them. */
final class CollectionMethods {
    private CollectionMethods() {}

    static @Nullable Function of(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (positional, named) -> items(map);
            case "keys" -> (positional, named) -> Values.elements(map);
            case "values" -> (positional, named) -> values(map);
            case "get" ->
                (positional, named) -> {
                    CallArguments arguments = new CallArguments(positional, named);
                    Object key = arguments.require(0, "key");
                    return map.containsKey(key) ? Values.of(map.get(key)) : arguments.get(1, "default", None.NONE);
                };
            default -> null;
        };
    }

    static @Nullable Function of(List<?> list, String name) {
        return switch (name) {
            case "index" ->
                (positional, named) -> {
                    Object wanted = new CallArguments(positional, named).require(0, "value");
                    for (int i = 0; i < list.size(); i++) {
                        if (Values.areEqual(Values.of(list.get(i)), wanted)) {
                            return (long) i;
                        }
                    }
                    throw new JinjaException(Values.text(wanted) + " is not in list");
                };
            case "count" ->
                (positional, named) -> {
                    Object wanted = new CallArguments(positional, named).require(0, "value");
                    return Values.elements(list).stream()
                            .filter(element -> Values.areEqual(element, wanted))
                            .count();
                };
            case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse" ->
                throw new JinjaException("access to attribute '" + name + "' of 'list' object is unsafe.");
            default -> null;
        };
    }

    /** Pairs of key and value. */
    static List<Object> items(Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(List.of(Values.of(key), Values.of(value))));
        return items;
    }

    private static List<Object> values(Map<?, ?> map) {
        List<Object> values = new ArrayList<>();
        map.values().forEach(value -> values.add(Values.of(value)));
        return values;
    }
}
