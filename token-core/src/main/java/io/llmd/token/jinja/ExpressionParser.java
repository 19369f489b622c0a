package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes expressions of tokens; one method for each level of precedence. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");
    private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and", "is", "if", "in", "not", "recursive");
    private static final Set<Token.Kind> ARGUMENT_KINDS =
            Set.of(Token.Kind.STRING, Token.Kind.INTEGER, Token.Kind.FLOAT);

    private final TokenReader tokens;

    ExpressionParser(TokenReader tokens) {
        this.tokens = tokens;
    }

    /** An expression, or several with commas between. */
    Expression tuple() {
        return tuple(expression());
    }

    private Expression tuple(Expression first) {
        if (!tokens.peek().is(Token.Kind.OPERATOR, ",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (tokens.take(",") && !atEnd()) {
            elements.add(expression());
        }
        return new Expression.ListOf(elements);
    }

    private boolean atEnd() {
        Token next = tokens.peek();
        return next.kind() == Token.Kind.BLOCK_END
                || next.kind() == Token.Kind.OUTPUT_END
                || next.is(Token.Kind.OPERATOR, ")");
    }

    Expression expression() {
        tokens.enter();
        Expression value = or();
        while (tokens.takeName("if")) {
            Expression condition = or();
            value = new Expression.Choice(condition, value, tokens.takeName("else") ? expression() : null);
        }
        tokens.leave();
        return value;
    }

    /** An expression in a place where "if" belongs to what surrounds it. */
    Expression withoutChoice() {
        return or();
    }

    private Expression or() {
        Expression left = and();
        while (tokens.takeName("or")) {
            left = new Expression.Logic(false, left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.takeName("and")) {
            left = new Expression.Logic(true, left, not());
        }
        return left;
    }

    private Expression not() {
        if (!tokens.takeName("not")) {
            return comparison();
        }
        tokens.enter();
        Expression operand = not();
        tokens.leave();
        return new Expression.Unary("not", operand);
    }

    private Expression comparison() {
        List<Expression> operands = new ArrayList<>(List.of(sum()));
        List<String> operators = new ArrayList<>();
        for (String operator = comparisonOperator(); operator != null; operator = comparisonOperator()) {
            operators.add(operator);
            operands.add(sum());
        }
        return operators.isEmpty() ? operands.getFirst() : new Expression.Comparison(operands, operators);
    }

    private @Nullable String comparisonOperator() {
        Token next = tokens.peek();
        if (next.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(next.text())) {
            return tokens.next().text();
        }
        if (tokens.takeName("in")) {
            return "in";
        }
        if (next.is(Token.Kind.NAME, "not") && tokens.peekSecond().is(Token.Kind.NAME, "in")) {
            tokens.next();
            tokens.next();
            return "not in";
        }
        return null;
    }

    private Expression sum() {
        Expression left = concatenation();
        while (isNext("+", "-")) {
            left = new Expression.Binary(tokens.next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (tokens.take("~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (isNext("*", "/", "//", "%")) {
            left = new Expression.Binary(tokens.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (tokens.take("**")) {
            left = new Expression.Binary("**", left, unary(true));
        }
        return left;
    }

    private boolean isNext(String... operators) {
        return tokens.peek().kind() == Token.Kind.OPERATOR
                && List.of(operators).contains(tokens.peek().text());
    }

    private Expression unary(boolean withFilters) {
        Expression value;
        if (isNext("-", "+")) {
            tokens.enter();
            value = new Expression.Unary(tokens.next().text(), unary(false));
            tokens.leave();
        } else {
            value = primary();
        }
        value = postfix(value);
        return withFilters ? filtersAndTests(value) : value;
    }

    private Expression primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case NAME -> name(token.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (tokens.peek().kind() == Token.Kind.STRING) {
                    text.append(tokens.next().text());
                }
                yield new Expression.Literal(text.toString());
            }
            case INTEGER -> number(token);
            case FLOAT -> new Expression.Literal(Double.valueOf(token.text().replace("_", "")));
            case OPERATOR -> bracket(token);
            default -> throw tokens.error("unexpected end of the tag");
        };
    }

    private Expression number(Token token) {
        try {
            return new Expression.Literal(Long.valueOf(token.text().replace("_", "")));
        } catch (NumberFormatException e) {
            throw JinjaException.syntax(token.line(), "number too large: " + token.text());
        }
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(None.NONE);
            default -> new Expression.Name(name);
        };
    }

    private Expression bracket(Token token) {
        return switch (token.text()) {
            case "(" -> {
                if (tokens.take(")")) {
                    yield new Expression.ListOf(List.of());
                }
                Expression inside = tuple();
                tokens.expect(")");
                yield inside;
            }
            case "[" -> {
                List<Expression> elements = new ArrayList<>();
                while (!tokens.take("]")) {
                    comma(elements);
                    if (tokens.take("]")) {
                        break;
                    }
                    elements.add(expression());
                }
                yield new Expression.ListOf(elements);
            }
            case "{" -> {
                List<Expression> keysAndValues = new ArrayList<>();
                while (!tokens.take("}")) {
                    comma(keysAndValues);
                    if (tokens.take("}")) {
                        break;
                    }
                    keysAndValues.add(expression());
                    tokens.expect(":");
                    keysAndValues.add(expression());
                }
                yield new Expression.MapOf(keysAndValues);
            }
            default -> throw JinjaException.syntax(token.line(), "unexpected '" + token.text() + "'");
        };
    }

    private void comma(List<Expression> before) {
        if (!before.isEmpty()) {
            tokens.expect(",");
        }
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.take(".")) {
                value = tokens.peek().kind() == Token.Kind.INTEGER
                        ? new Expression.Item(value, number(tokens.next()))
                        : new Expression.Attribute(value, tokens.name());
            } else if (tokens.take("[")) {
                value = subscript(value);
            } else if (tokens.peek().is(Token.Kind.OPERATOR, "(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression object) {
        Expression from = isNext(":") ? null : expression();
        if (from != null && tokens.take("]")) {
            return new Expression.Item(object, from);
        }
        tokens.expect(":");
        Expression to = isNext(":", "]") ? null : expression();
        Expression step = tokens.take(":") && !isNext("]") ? expression() : null;
        tokens.expect("]");
        return new Expression.Slice(object, from, to, step);
    }

    private Expression.Arguments arguments() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        tokens.expect("(");
        boolean first = true;
        while (!tokens.take(")")) {
            if (!first) {
                tokens.expect(",");
                if (tokens.take(")")) {
                    break;
                }
            }
            first = false;
            if (tokens.peek().kind() == Token.Kind.NAME && tokens.peekSecond().is(Token.Kind.OPERATOR, "=")) {
                String name = tokens.name();
                tokens.expect("=");
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
        }
        return new Expression.Arguments(positional, named);
    }

    private Expression filtersAndTests(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.take("|")) {
                value = filter(value);
            } else if (tokens.takeName("is")) {
                value = test(value);
            } else if (tokens.peek().is(Token.Kind.OPERATOR, "(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    /** Filters in a row without a value; the first one's sign was taken. */
    Expression.Filter filters() {
        Expression.Filter filter = filter(null);
        while (tokens.take("|")) {
            filter = filter(filter);
        }
        return filter;
    }

    private Expression.Filter filter(@Nullable Expression value) {
        String name = tokens.name();
        FilterFunction filter = Filters.of(name);
        if (filter == null) {
            throw tokens.error("No filter named '" + name + "'.");
        }
        boolean call = tokens.peek().is(Token.Kind.OPERATOR, "(");
        return new Expression.Filter(value, filter, call ? arguments() : Expression.Arguments.NONE);
    }

    private Expression test(Expression value) {
        boolean negated = tokens.takeName("not");
        String name = tokens.name();
        TestFunction function = Tests.of(name);
        if (function == null) {
            throw tokens.error("No test named '" + name + "'.");
        }
        Expression.Arguments arguments = Expression.Arguments.NONE;
        Token next = tokens.peek();
        if (next.is(Token.Kind.OPERATOR, "(")) {
            arguments = arguments();
        } else if (isArgument(next)) {
            arguments = new Expression.Arguments(List.of(postfix(primary())), Map.of());
        }
        Expression test = new Expression.Test(value, function, arguments);
        return negated ? new Expression.Unary("not", test) : test;
    }

    private boolean isArgument(Token next) {
        return next.kind() == Token.Kind.NAME
                ? !NO_ARGUMENT.contains(next.text())
                : ARGUMENT_KINDS.contains(next.kind()) || isNext("[", "{");
    }
}
