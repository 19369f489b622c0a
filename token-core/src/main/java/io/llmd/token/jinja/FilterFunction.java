package io.llmd.token.jinja;

/** What a filter does. */
@FunctionalInterface
interface FilterFunction {
    Object apply(Object value, CallArguments arguments);
}
