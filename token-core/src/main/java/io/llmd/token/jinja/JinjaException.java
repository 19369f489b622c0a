package io.llmd.token.jinja;

/** A template that cannot be parsed or rendered, or that refused its values with {@code raise_exception}. */
public final class JinjaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JinjaException(String message) {
        super(message, null, false, false);
    }

    static JinjaException syntax(int line, String problem) {
        return new JinjaException("line " + line + ": " + problem);
    }
}
