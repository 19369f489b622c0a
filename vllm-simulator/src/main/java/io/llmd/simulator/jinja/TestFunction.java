package io.llmd.simulator.jinja;

/** What a test does. */
@FunctionalInterface
interface TestFunction {
    boolean test(Object value, CallArguments arguments);
}
