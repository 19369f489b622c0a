package io.llmd.lab.fleet;

import java.util.Locale;

/** What an endpoint does; a name in lower case is the value of its label {@code llm-d.ai/role}. */
public enum Role {
    BOTH,
    PREFILL,
    DECODE;

    /** Value of the label. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
