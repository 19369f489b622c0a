package io.llmd.token.jinja;

import java.util.List;
import java.util.Map;

/** Arguments of one call, by place or by name. */
record CallArguments(List<Object> positional, Map<String, Object> named) {

    /** The argument at a place or of a name. */
    Object get(int index, String name, Object absent) {
        return index < positional.size() ? positional.get(index) : named.getOrDefault(name, absent);
    }

    /** An argument that must be there. */
    Object require(int index, String name) {
        Object value = get(index, name, Undefined.class);
        if (value == Undefined.class) {
            throw new JinjaException("missing argument '" + name + "'");
        }
        return value;
    }

    String text(int index, String name, String absent) {
        Object value = get(index, name, absent);
        if (value instanceof String text) {
            return text;
        }
        throw new JinjaException("argument '" + name + "': expected a str, got " + Values.typeName(value));
    }

    long integer(int index, String name, long absent) {
        return Values.integer(get(index, name, absent));
    }

    boolean flag(int index, String name, boolean absent) {
        return Values.isTrue(get(index, name, absent));
    }

    /** The arguments from a place on. */
    CallArguments from(int index) {
        return new CallArguments(positional.subList(Math.min(index, positional.size()), positional.size()), named);
    }
}
