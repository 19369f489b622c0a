package io.llmd.simulator.api;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A type that a value of a body must have. As in vLLM, a value that means the same is taken too: {@code "3"},
 * {@code 3.0} and {@code true} are integers.
 */
@FunctionalInterface
public interface FieldType {

    /** Any value. */
    FieldType ANY = (location, node, errors) -> node;

    /** A string, nothing else. */
    FieldType STRING = (location, node, errors) -> {
        if (!node.isString()) {
            errors.add(new FieldError("string_type", location, "Input should be a valid string", node));
        }
        return node;
    };

    /** A boolean. */
    FieldType BOOLEAN = FieldType::readBoolean;

    /** An integer of any size. */
    FieldType INTEGER = FieldType::readInteger;

    /** A number. */
    FieldType NUMBER = FieldType::readNumber;

    /** An object. */
    FieldType DICT = (location, node, errors) -> {
        if (!(node instanceof ObjectNode)) {
            errors.add(new FieldError("dict_type", location, "Input should be a valid dictionary", node));
        }
        return node;
    };

    /** A list whose elements are looked at later. */
    FieldType ITERABLE = (location, node, errors) -> {
        if (!(node instanceof ArrayNode)) {
            errors.add(new FieldError("iterable_type", location, "Input should be iterable", node));
        }
        return node;
    };

    /**
     * Reads a value.
     *
     * @param location path of the value
     * @param errors gets what is wrong with it
     * @return the value to go on with
     */
    JsonNode read(String location, JsonNode node, List<FieldError> errors);

    /** Null, too. */
    default FieldType nullable() {
        return (location, node, errors) -> node.isNull() ? node : read(location, node, errors);
    }

    /** The same type, and values that pass a test are taken as they are. */
    default FieldType unless(Predicate<JsonNode> fits) {
        return (location, node, errors) -> fits.test(node) ? node : read(location, node, errors);
    }

    /** The same type, with a name that appears in the path of what is wrong. */
    default FieldType named(String name) {
        return (location, node, errors) -> read(location + "." + name, node, errors);
    }

    /** A list of such values. */
    default FieldType list() {
        return (location, node, errors) -> {
            if (!(node instanceof ArrayNode array)) {
                errors.add(new FieldError("list_type", location, "Input should be a valid list", node));
                return node;
            }
            ArrayNode read = JsonNodeFactory.instance.arrayNode(array.size());
            for (int i = 0; i < array.size(); i++) {
                read.add(read(location + "." + i, array.get(i), errors));
            }
            return read;
        };
    }

    /** A list with at least so many values. */
    default FieldType list(int least) {
        FieldType list = list();
        return (location, node, errors) -> {
            if (node instanceof ArrayNode array && array.size() < least) {
                String items = least == 1 ? " item" : " items";
                errors.add(new FieldError(
                        "too_short",
                        location,
                        "List should have at least " + least + items + " after validation, not " + array.size(),
                        node,
                        ordered("field_type", "List", "min_length", least, "actual_length", array.size())));
                return node;
            }
            return list.read(location, node, errors);
        };
    }

    /** This list, with at most so many values. */
    default FieldType noLongerThan(int most) {
        return (location, node, errors) -> {
            if (node instanceof ArrayNode array && array.size() > most) {
                errors.add(new FieldError(
                        "too_long",
                        location,
                        "List should have at most " + most + " items after validation, not " + array.size(),
                        node,
                        ordered("field_type", "List", "max_length", most, "actual_length", array.size())));
                return node;
            }
            return read(location, node, errors);
        };
    }

    /** An integer not below a bound. */
    default FieldType atLeast(long least) {
        return (location, node, errors) -> {
            int before = errors.size();
            JsonNode read = read(location, node, errors);
            if (errors.size() == before && read.bigIntegerValue().compareTo(BigInteger.valueOf(least)) < 0) {
                errors.add(new FieldError(
                        "greater_than_equal",
                        location,
                        "Input should be greater than or equal to " + least,
                        node,
                        Map.of("ge", least)));
            }
            return read;
        };
    }

    /** An integer above 0, with the words of a check that vLLM makes by hand. */
    default FieldType positive(String name) {
        return (location, node, errors) -> {
            int before = errors.size();
            JsonNode read = read(location, node, errors);
            if (errors.size() == before && read.bigIntegerValue().signum() <= 0) {
                String problem = name + " must be positive";
                errors.add(new FieldError(
                        "value_error",
                        location,
                        "Value error, " + problem,
                        node,
                        Map.of("error", new PythonText.Raw("ValueError('" + problem + "')"))));
            }
            return read;
        };
    }

    /** An integer not above a bound. */
    default FieldType atMost(long most) {
        return (location, node, errors) -> {
            int before = errors.size();
            JsonNode read = read(location, node, errors);
            if (errors.size() == before && read.bigIntegerValue().compareTo(BigInteger.valueOf(most)) > 0) {
                errors.add(new FieldError(
                        "less_than_equal",
                        location,
                        "Input should be less than or equal to " + most,
                        node,
                        Map.of("le", most)));
            }
            return read;
        };
    }

    /** One of some words. */
    static FieldType word(String... words) {
        List<String> quoted = List.of(words).stream().map(PythonText::repr).toList();
        String expected = quoted.size() == 1
                ? quoted.getFirst()
                : String.join(", ", quoted.subList(0, quoted.size() - 1)) + " or " + quoted.getLast();
        Set<String> allowed = Set.of(words);
        return (location, node, errors) -> {
            if (!node.isString() || !allowed.contains(node.stringValue())) {
                errors.add(new FieldError(
                        "literal_error", location, "Input should be " + expected, node, Map.of("expected", expected)));
            }
            return node;
        };
    }

    /** One of several types; the first that fits. What is wrong with each is told if none does. */
    static FieldType anyOf(FieldType... types) {
        return (location, node, errors) -> {
            List<FieldError> all = new ArrayList<>();
            for (FieldType type : types) {
                List<FieldError> own = new ArrayList<>();
                JsonNode read = type.read(location, node, own);
                if (own.isEmpty()) {
                    return read;
                }
                all.addAll(own);
            }
            errors.addAll(all);
            return node;
        };
    }

    private static JsonNode readBoolean(String location, JsonNode node, List<FieldError> errors) {
        if (node.isBoolean()) {
            return node;
        }
        if (node.isString() || node.isNumber()) {
            String text = node.isString()
                    ? node.stringValue().toLowerCase(Locale.ROOT)
                    : Json.number(node) == 0 ? "0" : Json.number(node) == 1 ? "1" : "";
            switch (text) {
                case "1", "on", "t", "true", "y", "yes" -> {
                    return JsonNodeFactory.instance.booleanNode(true);
                }
                case "0", "off", "f", "false", "n", "no" -> {
                    return JsonNodeFactory.instance.booleanNode(false);
                }
                default -> {
                    errors.add(new FieldError(
                            "bool_parsing",
                            location,
                            "Input should be a valid boolean, unable to interpret input",
                            node));
                    return node;
                }
            }
        }
        errors.add(new FieldError("bool_type", location, "Input should be a valid boolean", node));
        return node;
    }

    private static JsonNode readInteger(String location, JsonNode node, List<FieldError> errors) {
        if (node.isIntegralNumber()) {
            return node;
        }
        if (node.isBoolean()) {
            return JsonNodeFactory.instance.numberNode(node.booleanValue() ? 1 : 0);
        }
        if (node.isNumber()) {
            double value = Json.number(node);
            if (value == Math.rint(value) && !Double.isInfinite(value)) {
                return JsonNodeFactory.instance.numberNode(new BigDecimal(value).toBigInteger());
            }
            boolean finite = Double.isFinite(value);
            errors.add(new FieldError(
                    finite ? "int_from_float" : "finite_number",
                    location,
                    finite
                            ? "Input should be a valid integer, got a number with a fractional part"
                            : "Input should be a finite number",
                    node));
            return node;
        }
        if (node.isString()) {
            String text = node.stringValue().strip();
            if (Numbers.INTEGER.matcher(text).matches()) {
                String digits = text.indexOf('.') < 0 ? text : text.substring(0, text.indexOf('.'));
                return JsonNodeFactory.instance.numberNode(
                        new BigInteger(digits.startsWith("+") ? digits.substring(1) : digits));
            }
            errors.add(new FieldError(
                    "int_parsing",
                    location,
                    "Input should be a valid integer, unable to parse string as an integer",
                    node));
            return node;
        }
        errors.add(new FieldError("int_type", location, "Input should be a valid integer", node));
        return node;
    }

    private static JsonNode readNumber(String location, JsonNode node, List<FieldError> errors) {
        if (node.isNumber()) {
            return node;
        }
        if (node.isBoolean()) {
            return JsonNodeFactory.instance.numberNode(node.booleanValue() ? 1.0 : 0.0);
        }
        if (node.isString()) {
            String text = node.stringValue().strip();
            if (Numbers.DECIMAL.matcher(text).matches()) {
                return JsonNodeFactory.instance.numberNode(Double.parseDouble(text));
            }
            errors.add(new FieldError(
                    "float_parsing",
                    location,
                    "Input should be a valid number, unable to parse string as a number",
                    node));
            return node;
        }
        errors.add(new FieldError("float_type", location, "Input should be a valid number", node));
        return node;
    }

    private static Map<String, Object> ordered(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** Notations of numbers in strings. */
    final class Numbers {
        private static final Pattern INTEGER = Pattern.compile("[+-]?\\d{1,400}(\\.0{1,400})?");
        private static final Pattern DECIMAL =
                Pattern.compile("[+-]?(\\d{1,400}(\\.\\d{0,400})?|\\.\\d{1,400})([eE][+-]?\\d{1,9})?");

        private Numbers() {}
    }
}
