package io.llmd.simulator.config;

import java.util.List;
import java.util.Locale;

/** What an option does to the settings. */
@FunctionalInterface
interface OptionSetter {

    void set(SimulatorSettingsBuilder builder, String value);

    default void setAll(SimulatorSettingsBuilder builder, List<String> values) {
        set(builder, values.getLast());
    }

    default OptionArity arity() {
        return OptionArity.VALUE;
    }

    /** The setter of a switch. */
    static OptionSetter onOff(OnOff setter) {
        return new OptionSetter() {
            @Override
            public void set(SimulatorSettingsBuilder builder, String value) {
                setter.set(builder, bool(value));
            }

            @Override
            public OptionArity arity() {
                return OptionArity.SWITCH;
            }
        };
    }

    /** The setter of a list. */
    static OptionSetter list(Values setter) {
        return new OptionSetter() {
            @Override
            public void set(SimulatorSettingsBuilder builder, String value) {
                setter.set(builder, List.of(value));
            }

            @Override
            public void setAll(SimulatorSettingsBuilder builder, List<String> values) {
                setter.set(builder, values);
            }

            @Override
            public OptionArity arity() {
                return OptionArity.LIST;
            }
        };
    }

    private static boolean bool(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on", "" -> true;
            case "false", "0", "no", "off" -> false;
            default -> throw new IllegalArgumentException(value);
        };
    }

    /** Sets something on or off. */
    @FunctionalInterface
    interface OnOff {
        void set(SimulatorSettingsBuilder builder, boolean on);
    }

    /** Sets a list. */
    @FunctionalInterface
    interface Values {
        void set(SimulatorSettingsBuilder builder, List<String> values);
    }
}
