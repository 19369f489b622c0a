package io.llmd.token.jinja;

/** What a test does. */
@FunctionalInterface
interface TestFunction {
    boolean test(Object value, CallArguments arguments);
}
