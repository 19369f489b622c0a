package io.llmd.token.jinja;

/**
 * The value of what is not there: false, empty, and an error in most uses.
 *
 * @param message of an error
 */
record Undefined(String message) {
    JinjaException error() {
        return new JinjaException(message);
    }
}
