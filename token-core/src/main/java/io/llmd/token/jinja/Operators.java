package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;

/** Operators between values. */
final class Operators {
    private Operators() {}

    static Object unary(String operator, Object value) {
        return switch (operator) {
            case "not" -> !Values.isTrue(value);
            case "-" -> value instanceof Double number ? (Object) (-number) : (Object) (-Values.integer(value));
            default -> value instanceof Double ? value : (Object) Values.integer(value);
        };
    }

    static Object binary(String operator, Object left, Object right) {
        if (operator.equals("~")) {
            return joined(Values.text(left), Values.text(right));
        }
        for (Object operand : List.of(left, right)) {
            if (operand instanceof Undefined undefined) {
                throw undefined.error();
            }
        }
        if (operator.equals("+")) {
            if (left instanceof String text && right instanceof String more) {
                return joined(text, more);
            }
            if (left instanceof List<?> list && right instanceof List<?> more) {
                Budget.checkLength(list.size() + (long) more.size());
                List<Object> both = new ArrayList<>(list);
                both.addAll(more);
                return both;
            }
        }
        if (operator.equals("*") && Values.isInteger(right) && (left instanceof String || left instanceof List<?>)) {
            return repeated(left, Values.integer(right));
        }
        if (!Values.isNumber(left) || !Values.isNumber(right)) {
            throw new JinjaException("unsupported operand types for " + operator + ": '" + Values.typeName(left)
                    + "' and '" + Values.typeName(right) + "'");
        }
        boolean decimal = left instanceof Double || right instanceof Double || operator.equals("/");
        return decimal
                ? (Object) decimal(operator, Values.decimal(left), Values.decimal(right))
                : integer(operator, Values.integer(left), Values.integer(right));
    }

    private static String joined(String left, String right) {
        Budget.checkLength(left.length() + (long) right.length());
        return left + right;
    }

    private static Object repeated(Object value, long times) {
        long count = Math.max(0, times);
        Budget.checkLength(Math.min(count, Integer.MAX_VALUE) * Values.length(value));
        if (value instanceof String text) {
            return text.repeat((int) count);
        }
        List<Object> repeated = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            repeated.addAll((List<?>) value);
        }
        return repeated;
    }

    private static double decimal(String operator, double left, double right) {
        if (right == 0 && List.of("/", "//", "%").contains(operator)) {
            throw new JinjaException("division by zero");
        }
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "/" -> left / right;
            case "//" -> Math.floor(left / right);
            case "%" -> left - Math.floor(left / right) * right;
            default -> Math.pow(left, right);
        };
    }

    private static Object integer(String operator, long left, long right) {
        try {
            return switch (operator) {
                case "+" -> Math.addExact(left, right);
                case "-" -> Math.subtractExact(left, right);
                case "*" -> Math.multiplyExact(left, right);
                case "//" -> Math.floorDiv(left, right);
                case "%" -> Math.floorMod(left, right);
                default -> power(left, right);
            };
        } catch (ArithmeticException e) {
            throw new JinjaException(right == 0 ? "division by zero" : "number too large");
        }
    }

    private static Object power(long base, long exponent) {
        double power = Math.pow(base, exponent);
        return exponent >= 0 && Math.abs(power) < 1L << 53 ? (Object) Math.round(power) : (Object) power;
    }

    static boolean compare(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> Values.areEqual(left, right);
            case "!=" -> !Values.areEqual(left, right);
            case "in" -> Values.contains(right, left);
            case "not in" -> !Values.contains(right, left);
            case "<" -> Values.compare(left, right) < 0;
            case "<=" -> Values.compare(left, right) <= 0;
            case ">" -> Values.compare(left, right) > 0;
            default -> Values.compare(left, right) >= 0;
        };
    }
}
