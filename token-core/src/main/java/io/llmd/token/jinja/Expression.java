package io.llmd.token.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What has a value. */
sealed interface Expression {

    /** A value that is known. */
    record Literal(Object value) implements Expression {}

    /** A variable. */
    record Name(String name) implements Expression {}

    /** A list, or a tuple, which counts as one. */
    record ListOf(List<Expression> elements) implements Expression {}

    /** A dictionary; keys and values in turn. */
    record MapOf(List<Expression> keysAndValues) implements Expression {}

    /** {@code object.name}. */
    record Attribute(Expression object, String name) implements Expression {}

    /** {@code object[key]}. */
    record Item(Expression object, Expression key) implements Expression {}

    /** {@code object[from:to:step]}. */
    record Slice(
            Expression object,
            @Nullable Expression from,
            @Nullable Expression to,
            @Nullable Expression step) implements Expression {}

    /** {@code function(arguments)}. */
    record Call(Expression function, Arguments arguments) implements Expression {}

    /** {@code value | filter(arguments)}. */
    record Filter(@Nullable Expression value, FilterFunction filter, Arguments arguments) implements Expression {}

    /** {@code value is test(arguments)}. */
    record Test(Expression value, TestFunction test, Arguments arguments) implements Expression {}

    /** An operator before its operand: {@code not}, {@code -} or {@code +}. */
    record Unary(String operator, Expression operand) implements Expression {}

    /** An operator between two operands that are both evaluated. */
    record Binary(String operator, Expression left, Expression right) implements Expression {}

    /** {@code and} or {@code or}. */
    record Logic(boolean and, Expression left, Expression right) implements Expression {}

    /** Comparisons in a row; there is one operator less than operands. */
    record Comparison(List<Expression> operands, List<String> operators) implements Expression {}

    /** {@code value if condition else otherwise}. */
    record Choice(
            Expression condition,
            Expression value,
            @Nullable Expression otherwise) implements Expression {}

    /** Arguments of a call. */
    record Arguments(List<Expression> positional, Map<String, Expression> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());
    }
}
