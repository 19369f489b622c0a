package io.llmd.simulator.config;

/** How many values an option takes. */
public enum OptionArity {
    /** None, or true or false; {@code --no-option} is false. */
    SWITCH,
    /** One. */
    VALUE,
    /** Any number, after the option or with the option repeated. */
    LIST
}
