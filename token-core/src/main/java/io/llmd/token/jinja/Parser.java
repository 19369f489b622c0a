package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes statements of tokens. */
final class Parser {
    private final TokenReader tokens;
    private final ExpressionParser expressions;

    private Parser(TokenReader tokens) {
        this.tokens = tokens;
        expressions = new ExpressionParser(tokens);
    }

    /**
     * The statements of a template.
     *
     * @throws JinjaException if it is none
     */
    static List<Statement> parse(String template) {
        Parser parser = new Parser(new TokenReader(Lexer.tokens(template)));
        List<Statement> statements = parser.body(Set.of());
        return statements;
    }

    /** Statements up to a block of one of these names, which is not taken; to the end of the template if none. */
    private List<Statement> body(Set<String> ends) {
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> statements.add(new Statement.Text(token.text()));
                case OUTPUT_BEGIN -> {
                    statements.add(new Statement.Output(expressions.tuple()));
                    tokens.expect(Token.Kind.OUTPUT_END);
                }
                case BLOCK_BEGIN -> {
                    if (ends.contains(tokens.peek().text())) {
                        return statements;
                    }
                    block(statements);
                }
                case END -> {
                    if (!ends.isEmpty()) {
                        throw tokens.error("expected one of " + ends);
                    }
                    return statements;
                }
                default -> throw tokens.error("unexpected '" + token.text() + "'");
            }
        }
    }

    /** The body of a block up to its end tag, which is taken. */
    private List<Statement> bodyTo(String end) {
        tokens.expect(Token.Kind.BLOCK_END);
        List<Statement> body = body(Set.of(end));
        endTag(end);
        return body;
    }

    private void endTag(String name) {
        tokens.expectName(name);
        tokens.expect(Token.Kind.BLOCK_END);
    }

    private void block(List<Statement> statements) {
        tokens.enter();
        String name = tokens.name();
        switch (name) {
            case "if" -> statements.add(ifBlock());
            case "for" -> statements.add(forBlock());
            case "set" -> statements.add(setBlock());
            case "macro" -> statements.add(new Statement.Macro(tokens.name(), parameters(), bodyTo("endmacro")));
            case "call" -> statements.add(callBlock());
            case "with" -> statements.add(withBlock());
            case "filter" -> statements.add(new Statement.FilterBody(expressions.filters(), bodyTo("endfilter")));
            case "generation" -> statements.addAll(bodyTo("endgeneration"));
            case "break", "continue" -> {
                statements.add(new Statement.Jump(name.equals("break")));
                tokens.expect(Token.Kind.BLOCK_END);
            }
            default -> throw tokens.error("unknown tag '" + name + "'");
        }
        tokens.leave();
    }

    private Statement.If ifBlock() {
        Expression condition = expressions.tuple();
        tokens.expect(Token.Kind.BLOCK_END);
        List<Statement> body = body(Set.of("elif", "else", "endif"));
        return switch (tokens.name()) {
            case "elif" -> new Statement.If(condition, body, List.of(ifBlock()));
            case "else" -> new Statement.If(condition, body, bodyTo("endif"));
            default -> {
                tokens.expect(Token.Kind.BLOCK_END);
                yield new Statement.If(condition, body, List.of());
            }
        };
    }

    private Statement.For forBlock() {
        List<String> targets = targets();
        tokens.expectName("in");
        Expression elements = expressions.withoutChoice();
        Expression condition = tokens.takeName("if") ? expressions.expression() : null;
        if (tokens.takeName("recursive")) {
            throw tokens.error("recursive loops are not supported");
        }
        tokens.expect(Token.Kind.BLOCK_END);
        List<Statement> body = body(Set.of("else", "endfor"));
        List<Statement> otherwise = List.of();
        if (tokens.takeName("else")) {
            otherwise = bodyTo("endfor");
        } else {
            endTag("endfor");
        }
        return new Statement.For(targets, elements, condition, body, otherwise);
    }

    /** One name, or several with commas between and perhaps parentheses around. */
    private List<String> targets() {
        boolean parenthesis = tokens.take("(");
        List<String> targets = new ArrayList<>();
        do {
            targets.add(tokens.name());
        } while (tokens.take(","));
        if (parenthesis) {
            tokens.expect(")");
        }
        return targets;
    }

    private Statement setBlock() {
        List<String> targets = targets();
        String attribute = targets.size() == 1 && tokens.take(".") ? tokens.name() : null;
        if (tokens.take("=")) {
            Statement.Set set = new Statement.Set(targets, attribute, expressions.tuple());
            tokens.expect(Token.Kind.BLOCK_END);
            return set;
        }
        if (targets.size() > 1 || attribute != null) {
            throw tokens.error("expected '='");
        }
        Expression.Filter filter = tokens.take("|") ? expressions.filters() : null;
        return new Statement.SetBody(targets.getFirst(), filter, bodyTo("endset"));
    }

    private Statement.With withBlock() {
        List<Statement.Set> assignments = new ArrayList<>();
        while (tokens.peek().kind() != Token.Kind.BLOCK_END) {
            if (!assignments.isEmpty()) {
                tokens.expect(",");
            }
            List<String> target = List.of(tokens.name());
            tokens.expect("=");
            assignments.add(new Statement.Set(target, null, expressions.expression()));
        }
        return new Statement.With(assignments, bodyTo("endwith"));
    }

    private Statement.CallBody callBlock() {
        List<Statement.Parameter> parameters = tokens.peek().is(Token.Kind.OPERATOR, "(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw tokens.error("expected a call");
        }
        return new Statement.CallBody(parameters, call, bodyTo("endcall"));
    }

    private List<Statement.Parameter> parameters() {
        List<Statement.Parameter> parameters = new ArrayList<>();
        tokens.expect("(");
        while (!tokens.take(")")) {
            if (!parameters.isEmpty()) {
                tokens.expect(",");
            }
            String name = tokens.name();
            @Nullable Expression absent = tokens.take("=") ? expressions.expression() : null;
            parameters.add(new Statement.Parameter(name, absent));
        }
        return parameters;
    }
}
