package io.llmd.simulator.config;

import java.util.ArrayList;
import java.util.List;

/** The options and what they mean, for a terminal. */
public final class OptionHelp {
    private static final int WIDTH = 79;
    private static final int COLUMN = 32;

    private OptionHelp() {}

    /** All options, and where else they can be given. */
    public static List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (SimulatorOption option : SimulatorOption.values()) {
            entry(lines, "  --" + option.optionName() + suffix(option.arity()), option.description());
        }
        lines.add("");
        wrap(
                lines,
                "",
                "Switches are off as --no-OPTION. Times take ns, us, ms, s, m or h; a bare number is milliseconds. "
                        + "Options can come from the environment as "
                        + EnvironmentOptions.variable(SimulatorOption.MODEL)
                        + " and so on, and from the YAML file of --config; the command line goes before the environment, "
                        + "and that before the file.");
        lines.add("");
        wrap(
                lines,
                "",
                "Taken with a warning, without effect: "
                        + String.join(
                                ", ", IgnoredOption.names().stream().sorted().toList()) + ".");
        return lines;
    }

    private static String suffix(OptionArity arity) {
        return switch (arity) {
            case SWITCH -> "";
            case VALUE -> " VALUE";
            case LIST -> " VALUE...";
        };
    }

    private static void entry(List<String> lines, String name, String description) {
        if (name.length() >= COLUMN) {
            lines.add(name);
            wrap(lines, " ".repeat(COLUMN), description);
        } else {
            int first = lines.size();
            wrap(lines, " ".repeat(COLUMN), description);
            lines.set(first, name + lines.get(first).substring(name.length()));
        }
    }

    private static void wrap(List<String> lines, String indent, String text) {
        StringBuilder line = new StringBuilder(indent);
        for (String word : text.split(" ")) {
            boolean empty = line.length() == indent.length();
            if (!empty && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(indent);
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
        }
        lines.add(line.toString());
    }
}
