package io.llmd.token.jinja;

import java.util.List;

/** Reads tokens one by one, and bounds how deep what they form is nested. */
final class TokenReader {
    private static final int MOST_DEPTH = 200;

    private final List<Token> tokens;
    private int position;
    private int depth;

    TokenReader(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(position);
    }

    Token peekSecond() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(position);
        position = Math.min(position + 1, tokens.size() - 1);
        return token;
    }

    /** Takes an operator if it is next. */
    boolean take(String operator) {
        return takeIf(peek().is(Token.Kind.OPERATOR, operator));
    }

    /** Takes a name if it is next. */
    boolean takeName(String name) {
        return takeIf(peek().is(Token.Kind.NAME, name));
    }

    private boolean takeIf(boolean matches) {
        if (matches) {
            next();
        }
        return matches;
    }

    String name() {
        if (peek().kind() != Token.Kind.NAME) {
            throw error("expected a name, got '" + peek().text() + "'");
        }
        return next().text();
    }

    void expect(String operator) {
        if (!take(operator)) {
            throw error("expected '" + operator + "', got '" + peek().text() + "'");
        }
    }

    void expectName(String name) {
        if (!takeName(name)) {
            throw error("expected '" + name + "', got '" + peek().text() + "'");
        }
    }

    void expect(Token.Kind kind) {
        if (peek().kind() != kind) {
            throw error("expected the end of the tag, got '" + peek().text() + "'");
        }
        next();
    }

    /** Goes one level deeper. */
    void enter() {
        if (++depth > MOST_DEPTH) {
            throw error("nested too deeply");
        }
    }

    void leave() {
        depth--;
    }

    JinjaException error(String problem) {
        return JinjaException.syntax(peek().line(), problem);
    }
}
