package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives expressions their values. */
final class Evaluator {
    private final Budget budget;

    Evaluator(Budget budget) {
        this.budget = budget;
    }

    Object value(Expression expression, Scope scope) {
        budget.step();
        return switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.get(name.name());
            case Expression.ListOf list -> values(list.elements(), scope);
            case Expression.MapOf map -> map(map, scope);
            case Expression.Attribute attribute -> Access.attribute(value(attribute.object(), scope), attribute.name());
            case Expression.Item item -> Access.item(value(item.object(), scope), value(item.key(), scope));
            case Expression.Slice slice ->
                Access.slice(
                        value(slice.object(), scope),
                        bound(slice.from(), scope),
                        bound(slice.to(), scope),
                        bound(slice.step(), scope));
            case Expression.Call call -> call(call, Map.of(), scope);
            case Expression.Filter filter -> {
                Expression input = filter.value();
                yield filtered(filter, input == null ? "" : value(input, scope), scope);
            }
            case Expression.Test test ->
                test.test().test(value(test.value(), scope), arguments(test.arguments(), scope));
            case Expression.Unary unary -> Operators.unary(unary.operator(), value(unary.operand(), scope));
            case Expression.Binary binary ->
                Operators.binary(binary.operator(), value(binary.left(), scope), value(binary.right(), scope));
            case Expression.Logic logic -> {
                Object left = value(logic.left(), scope);
                yield Values.isTrue(left) == logic.and() ? value(logic.right(), scope) : left;
            }
            case Expression.Comparison comparison -> comparison(comparison, scope);
            case Expression.Choice choice -> choice(choice, scope);
        };
    }

    private Object bound(@Nullable Expression expression, Scope scope) {
        return expression == null ? None.NONE : value(expression, scope);
    }

    private List<Object> values(List<Expression> expressions, Scope scope) {
        List<Object> values = new ArrayList<>(expressions.size());
        expressions.forEach(expression -> values.add(value(expression, scope)));
        return values;
    }

    private Map<Object, Object> map(Expression.MapOf expression, Scope scope) {
        List<Object> values = values(expression.keysAndValues(), scope);
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i += 2) {
            map.put(values.get(i), values.get(i + 1));
        }
        return map;
    }

    private CallArguments arguments(Expression.Arguments arguments, Scope scope) {
        Map<String, Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, expression) -> named.put(name, value(expression, scope)));
        return new CallArguments(values(arguments.positional(), scope), named);
    }

    /** The result of a call, with more named arguments than it has itself. */
    Object call(Expression.Call call, Map<String, Object> more, Scope scope) {
        Object function = value(call.function(), scope);
        if (function instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(function instanceof Function callable)) {
            throw new JinjaException("'" + Values.typeName(function) + "' object is not callable");
        }
        CallArguments arguments = arguments(call.arguments(), scope);
        arguments.named().putAll(more);
        return callable.call(arguments.positional(), arguments.named());
    }

    /** The value that filters without a value of their own make of one. */
    Object filtered(Expression.Filter filter, Object input, Scope scope) {
        return filter.filter().apply(input, arguments(filter.arguments(), scope));
    }

    /** The text that filters in a row make of a text. */
    Object allFiltered(Expression.Filter filter, String input, Scope scope) {
        Object value = filter.value() instanceof Expression.Filter inner ? allFiltered(inner, input, scope) : input;
        return filtered(filter, value, scope);
    }

    private boolean comparison(Expression.Comparison comparison, Scope scope) {
        Object left = value(comparison.operands().getFirst(), scope);
        for (int i = 0; i < comparison.operators().size(); i++) {
            Object right = value(comparison.operands().get(i + 1), scope);
            if (!Operators.compare(comparison.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Object choice(Expression.Choice choice, Scope scope) {
        if (Values.isTrue(value(choice.condition(), scope))) {
            return value(choice.value(), scope);
        }
        Expression otherwise = choice.otherwise();
        return otherwise == null
                ? new Undefined("the inline if-expression evaluated to false and no else section was defined.")
                : value(otherwise, scope);
    }
}
