package io.llmd.simulator.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads options from a command line as vLLM does: {@code --name value}, {@code --name=value}, switches without a value
 * or as {@code --no-name}, lists with blanks between, {@code _} for {@code -} in names.
 */
final class CommandLineOptions {
    private static final List<String> BOOLEANS = List.of("true", "false");

    private final List<String> arguments;
    private final GivenOptions given = new GivenOptions();
    private int next;

    private CommandLineOptions(List<String> arguments) {
        this.arguments = arguments;
    }

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException naming the argument that is unknown or lacks a value
     */
    static GivenOptions read(List<String> arguments) {
        CommandLineOptions options = new CommandLineOptions(arguments);
        while (options.next < arguments.size()) {
            options.readOne();
        }
        return options.given;
    }

    private void readOne() {
        String argument = arguments.get(next++);
        if (!isOption(argument)) {
            throw new IllegalArgumentException("argument: " + argument + " (expected: --option)");
        }
        String text = argument.substring(argument.startsWith("--") ? 2 : 1);
        int equals = text.indexOf('=');
        String name = (equals < 0 ? text : text.substring(0, equals)).replace('_', '-');
        List<String> inline = equals < 0 ? List.of() : List.of(text.substring(equals + 1));
        SimulatorOption option = SimulatorOption.find(name);
        if (option != null) {
            given.add(option, name, values(option, name, inline));
            return;
        }
        SimulatorOption negated = name.startsWith("no-") ? SimulatorOption.find(name.substring(3)) : null;
        if (negated != null && negated.arity() == OptionArity.SWITCH && inline.isEmpty()) {
            given.add(negated, negated.optionName(), List.of("false"));
            return;
        }
        String reason = IgnoredOption.reason(name);
        if (reason == null) {
            throw unknown(name);
        }
        given.warn(name + " is ignored: " + reason);
        if (inline.isEmpty() && hasValue()) {
            next++;
        }
    }

    private List<String> values(SimulatorOption option, String name, List<String> inline) {
        return switch (option.arity()) {
            case SWITCH -> inline.isEmpty() ? List.of(hasBoolean() ? arguments.get(next++) : "true") : inline;
            case VALUE -> {
                if (inline.isEmpty() && !hasValue()) {
                    throw new IllegalArgumentException(name + ": no value (expected: " + option.description() + ")");
                }
                yield inline.isEmpty() ? List.of(arguments.get(next++)) : inline;
            }
            case LIST -> {
                List<String> values = new ArrayList<>(inline);
                while (inline.isEmpty() && hasValue()) {
                    values.add(arguments.get(next++));
                }
                yield values;
            }
        };
    }

    private boolean hasValue() {
        return next < arguments.size() && !isOption(arguments.get(next));
    }

    private boolean hasBoolean() {
        return next < arguments.size() && BOOLEANS.contains(arguments.get(next).toLowerCase(Locale.ROOT));
    }

    /** An option starts with a dash and no number, so that values may be negative. */
    private static boolean isOption(String argument) {
        return argument.startsWith("-") && argument.length() > 1 && !Character.isDigit(argument.charAt(1));
    }

    private static IllegalArgumentException unknown(String name) {
        try {
            SimulatorOption.of(name);
        } catch (IllegalArgumentException e) {
            return e;
        }
        throw new IllegalStateException("option " + name + " is known");
    }
}
