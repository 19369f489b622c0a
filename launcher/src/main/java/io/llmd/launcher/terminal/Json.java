package io.llmd.launcher.terminal;

import tools.jackson.databind.json.JsonMapper;

/** The mapper of the command line: one object per line. */
public final class Json {

    /** Thread-safe. */
    public static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    /** One line of JSON. */
    public static String line(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
