package io.llmd.token.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The values of a template: strings, {@link Long}, {@link Double}, booleans, {@link None}, {@link Undefined}, lists,
 * maps, {@link Namespace} and {@link Function}. Elements of lists and maps that came from outside are converted when
 * they are taken out.
 */
final class Values {
    private Values() {}

    /** A value from outside. */
    static Object of(@Nullable Object value) {
        return switch (value) {
            case null -> None.NONE;
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Float number -> number.doubleValue();
            case Object[] array -> Arrays.asList(array);
            default -> value;
        };
    }

    static boolean isTrue(Object value) {
        return switch (value) {
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case Double number -> number != 0;
            case Number number -> number.longValue() != 0;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> value != None.NONE && !(value instanceof Undefined);
        };
    }

    /** Whether two values are equal as in Python, where numbers of any type and booleans compare by value. */
    static boolean areEqual(Object one, Object other) {
        if (isNumber(one) && isNumber(other)) {
            return one instanceof Double || other instanceof Double
                    ? decimal(one) == decimal(other)
                    : integer(one) == integer(other);
        }
        if (one instanceof List<?> list && other instanceof List<?> others) {
            Iterator<?> rest = others.iterator();
            return list.size() == others.size()
                    && list.stream().allMatch(element -> areEqual(of(element), of(rest.next())));
        }
        if (one instanceof Map<?, ?> map && other instanceof Map<?, ?> others) {
            return map.size() == others.size()
                    && map.entrySet().stream()
                            .allMatch(entry -> others.containsKey(entry.getKey())
                                    && areEqual(of(entry.getValue()), of(others.get(entry.getKey()))));
        }
        return one instanceof Undefined ? other instanceof Undefined : one.equals(other);
    }

    static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    static boolean isInteger(Object value) {
        return isNumber(value) && !(value instanceof Double);
    }

    static long integer(Object value) {
        return switch (value) {
            case Boolean flag -> flag ? 1 : 0;
            case Number number -> number.longValue();
            case Undefined undefined -> throw undefined.error();
            default -> throw new JinjaException("expected a number, got " + typeName(value));
        };
    }

    static double decimal(Object value) {
        return value instanceof Number number ? number.doubleValue() : integer(value);
    }

    /** Less than, equal or greater, for numbers, strings and lists of these. */
    static int compare(Object one, Object other) {
        if (isNumber(one) && isNumber(other)) {
            return one instanceof Double || other instanceof Double
                    ? Double.compare(decimal(one), decimal(other))
                    : Long.compare(integer(one), integer(other));
        }
        if (one instanceof String text && other instanceof String otherText) {
            return text.compareTo(otherText);
        }
        if (one instanceof List<?> list && other instanceof List<?> others) {
            for (int i = 0; i < Math.min(list.size(), others.size()); i++) {
                int order = compare(of(list.get(i)), of(others.get(i)));
                if (order != 0) {
                    return order;
                }
            }
            return Integer.compare(list.size(), others.size());
        }
        for (Object value : List.of(one, other)) {
            if (value instanceof Undefined undefined) {
                throw undefined.error();
            }
        }
        throw new JinjaException(
                "'<' not supported between instances of '" + typeName(one) + "' and '" + typeName(other) + "'");
    }

    static boolean contains(Object container, Object value) {
        return switch (container) {
            case String text when value instanceof String part -> text.contains(part);
            case List<?> list -> list.stream().anyMatch(element -> areEqual(of(element), value));
            case Map<?, ?> map -> map.containsKey(value);
            case Undefined undefined -> false;
            default -> throw new JinjaException("argument of type '" + typeName(container) + "' is not iterable");
        };
    }

    /** The elements of a value: those of a list, the keys of a map, the characters of a string. */
    static List<Object> elements(Object value) {
        List<Object> elements = new ArrayList<>();
        switch (value) {
            case List<?> list -> list.forEach(element -> elements.add(of(element)));
            case Map<?, ?> map -> map.keySet().forEach(key -> elements.add(of(key)));
            case String text -> text.codePoints().forEach(c -> elements.add(Character.toString(c)));
            case Undefined undefined -> {
                // has none
            }
            default -> throw new JinjaException("'" + typeName(value) + "' object is not iterable");
        }
        return elements;
    }

    static int length(Object value) {
        return switch (value) {
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case String text -> text.codePointCount(0, text.length());
            case Undefined undefined -> 0;
            default -> throw new JinjaException("object of type " + typeName(value) + " has no length");
        };
    }

    static String typeName(Object value) {
        return switch (value) {
            case String text -> "str";
            case Boolean flag -> "bool";
            case Double number -> "float";
            case Number number -> "int";
            case List<?> list -> "list";
            case Map<?, ?> map -> "dict";
            case None none -> "NoneType";
            case Undefined undefined -> "Undefined";
            default -> value.getClass().getSimpleName();
        };
    }

    /** As Python's {@code str} writes it; empty for what is undefined. */
    static String text(Object value) {
        return switch (value) {
            case String text -> text;
            case Undefined undefined -> "";
            default -> quoted(value);
        };
    }

    /** As Python's {@code repr} writes it. */
    private static String quoted(Object value) {
        return switch (value) {
            case String text -> quotedText(text);
            case Boolean flag -> flag ? "True" : "False";
            case None none -> "None";
            case Double number -> decimalText(number);
            case Undefined undefined -> "Undefined";
            case List<?> list -> {
                StringJoiner joiner = new StringJoiner(", ", "[", "]");
                list.forEach(element -> joiner.add(quoted(of(element))));
                yield joiner.toString();
            }
            case Map<?, ?> map -> {
                StringJoiner joiner = new StringJoiner(", ", "{", "}");
                map.forEach((key, element) -> joiner.add(quoted(of(key)) + ": " + quoted(of(element))));
                yield joiner.toString();
            }
            case Number number -> number.toString();
            default -> "<" + typeName(value) + ">";
        };
    }

    private static String quotedText(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        String escaped = text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
        return quote + (quote == '\'' ? escaped.replace("'", "\\'") : escaped) + quote;
    }

    /** A decimal number as Python writes it. */
    static String decimalText(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(number);
        if (number == Math.rint(number) && size < 1e16) {
            return (number == 0 && 1 / number < 0 ? "-0" : Long.toString((long) number)) + ".0";
        }
        String text = size >= 1e-4 && size < 1e16
                ? new BigDecimal(Double.toString(number)).toPlainString()
                : Double.toString(number);
        int exponent = text.indexOf('E');
        if (exponent < 0) {
            return text;
        }
        String digits = text.substring(0, exponent).replaceFirst("\\.0$", "");
        int power = Integer.parseInt(text.substring(exponent + 1));
        return digits + "e" + (power < 0 ? "-" : "+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    }
}
