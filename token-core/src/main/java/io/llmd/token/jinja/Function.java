package io.llmd.token.jinja;

import java.util.List;
import java.util.Map;

/** What a template can call. */
@FunctionalInterface
interface Function {

    /** The result of a call; arguments and result are values of a template. */
    Object call(List<Object> positional, Map<String, Object> named);
}
