package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Methods of strings, as Python has them. */
final class StringMethods {
    private StringMethods() {}

    /** A method; absent if strings have none of that name. */
    static @Nullable Function of(String text, String name) {
        return switch (name) {
            case "strip" -> method(arguments -> strip(text, chars(arguments), true, true));
            case "lstrip" -> method(arguments -> strip(text, chars(arguments), true, false));
            case "rstrip" -> method(arguments -> strip(text, chars(arguments), false, true));
            case "startswith" ->
                method(arguments -> prefixes(arguments).stream().anyMatch(text::startsWith));
            case "endswith" -> method(arguments -> prefixes(arguments).stream().anyMatch(text::endsWith));
            case "removeprefix" ->
                method(arguments -> {
                    String prefix = arguments.text(0, "prefix", "");
                    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
                });
            case "removesuffix" ->
                method(arguments -> {
                    String suffix = arguments.text(0, "suffix", "");
                    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
                });
            case "split" -> method(arguments -> split(text, arguments));
            case "rsplit" -> method(arguments -> rsplit(text, arguments));
            case "splitlines" -> method(arguments -> text.lines().toList());
            case "replace" ->
                method(arguments -> replace(
                        text,
                        arguments.text(0, "old", ""),
                        arguments.text(1, "new", ""),
                        arguments.integer(2, "count", -1)));
            case "upper" -> method(arguments -> text.toUpperCase(Locale.ROOT));
            case "lower" -> method(arguments -> text.toLowerCase(Locale.ROOT));
            case "title" -> method(arguments -> title(text));
            case "capitalize" -> method(arguments -> capitalize(text));
            case "find" -> method(arguments -> (long) text.indexOf(arguments.text(0, "sub", "")));
            case "rfind" -> method(arguments -> (long) text.lastIndexOf(arguments.text(0, "sub", "")));
            case "count" -> method(arguments -> count(text, arguments.text(0, "sub", "")));
            case "join" -> method(arguments -> join(text, Values.elements(arguments.require(0, "iterable"))));
            case "isdigit" -> method(arguments -> all(text, Character::isDigit));
            case "isalpha" -> method(arguments -> all(text, Character::isLetter));
            case "isalnum" -> method(arguments -> all(text, Character::isLetterOrDigit));
            case "isspace" -> method(arguments -> all(text, Character::isWhitespace));
            case "isupper" -> method(arguments -> isCase(text, Character::isLowerCase, Character::isUpperCase));
            case "islower" -> method(arguments -> isCase(text, Character::isUpperCase, Character::isLowerCase));
            default -> null;
        };
    }

    private interface Method {
        Object call(CallArguments arguments);
    }

    private static Function method(Method method) {
        return (positional, named) -> method.call(new CallArguments(positional, named));
    }

    private static @Nullable String chars(CallArguments arguments) {
        return arguments.get(0, "chars", None.NONE) instanceof String chars ? chars : null;
    }

    /** Without characters of a set at its ends; without whitespace if there is no set. */
    static String strip(String text, @Nullable String chars, boolean left, boolean right) {
        IntPredicate isStripped = c -> chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
        int start = 0;
        int end = text.length();
        while (left && start < end && isStripped.test(text.codePointAt(start))) {
            start += Character.charCount(text.codePointAt(start));
        }
        while (right && end > start && isStripped.test(text.codePointBefore(end))) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(start, end);
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    private static List<String> prefixes(CallArguments arguments) {
        Object wanted = arguments.require(0, "prefix");
        List<String> prefixes = new ArrayList<>();
        for (Object prefix : wanted instanceof List<?> ? Values.elements(wanted) : List.of(wanted)) {
            if (!(prefix instanceof String text)) {
                throw new JinjaException("expected a str, got " + Values.typeName(prefix));
            }
            prefixes.add(text);
        }
        return prefixes;
    }

    private static List<Object> split(String text, CallArguments arguments) {
        long most = arguments.integer(1, "maxsplit", -1);
        List<Object> parts = new ArrayList<>();
        String rest = text;
        if (!(arguments.get(0, "sep", None.NONE) instanceof String separator)) {
            rest = strip(text, null, true, false);
            while (!rest.isEmpty() && (most < 0 || parts.size() < most)) {
                int end = 0;
                while (end < rest.length() && !isSpace(rest.codePointAt(end))) {
                    end++;
                }
                parts.add(rest.substring(0, end));
                rest = strip(rest.substring(end), null, true, false);
            }
            if (!rest.isEmpty()) {
                parts.add(rest);
            }
            return parts;
        }
        requireSeparator(separator);
        int found = rest.indexOf(separator);
        while (found >= 0 && (most < 0 || parts.size() < most)) {
            parts.add(rest.substring(0, found));
            rest = rest.substring(found + separator.length());
            found = rest.indexOf(separator);
        }
        parts.add(rest);
        return parts;
    }

    private static List<Object> rsplit(String text, CallArguments arguments) {
        long most = arguments.integer(1, "maxsplit", -1);
        if (most < 0 || !(arguments.get(0, "sep", None.NONE) instanceof String separator)) {
            return split(text, arguments);
        }
        requireSeparator(separator);
        List<Object> parts = new ArrayList<>();
        String rest = text;
        int found = rest.lastIndexOf(separator);
        while (found >= 0 && parts.size() < most) {
            parts.addFirst(rest.substring(found + separator.length()));
            rest = rest.substring(0, found);
            found = rest.lastIndexOf(separator);
        }
        parts.addFirst(rest);
        return parts;
    }

    private static void requireSeparator(String separator) {
        if (separator.isEmpty()) {
            throw new JinjaException("empty separator");
        }
    }

    /** With the first occurrences replaced; all of them if the count is negative. */
    static String replace(String text, String old, String with, long count) {
        Budget.checkLength(text.length() + count(text, old) * with.length());
        if (count < 0) {
            return text.replace(old, with);
        }
        StringBuilder out = new StringBuilder();
        int position = 0;
        for (long i = 0; i < count; i++) {
            int found = text.indexOf(old, position);
            if (found < 0 || old.isEmpty()) {
                break;
            }
            out.append(text, position, found).append(with);
            position = found + old.length();
        }
        return out.append(text.substring(position)).toString();
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean inside = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inside = Character.isLetter(c);
        }
        return out.toString();
    }

    static String capitalize(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static long count(String text, String part) {
        if (part.isEmpty()) {
            return Values.length(text) + 1L;
        }
        long count = 0;
        for (int i = text.indexOf(part); i >= 0; i = text.indexOf(part, i + part.length())) {
            count++;
        }
        return count;
    }

    static String join(String separator, List<Object> elements) {
        List<String> texts = elements.stream().map(Values::text).toList();
        Budget.checkLength(texts.stream()
                .mapToLong(text -> text.length() + (long) separator.length())
                .sum());
        return String.join(separator, texts);
    }

    private static boolean all(String text, IntPredicate test) {
        return !text.isEmpty() && text.codePoints().allMatch(test);
    }

    private static boolean isCase(String text, IntPredicate none, IntPredicate some) {
        return text.codePoints().noneMatch(none) && text.codePoints().anyMatch(some);
    }
}
