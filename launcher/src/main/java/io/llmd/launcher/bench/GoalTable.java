package io.llmd.launcher.bench;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.json.JsonMapper;

/** Prints what a bench measured, and checks what it was asked for: the same way in all of them. */
final class GoalTable {

    private static final JsonMapper JSON = JsonMapper.shared();

    private GoalTable() {}

    /** One JSON object a line. */
    static void json(PrintWriter out, List<GoalLine> lines) {
        lines.forEach(line -> out.println(JSON.writeValueAsString(line)));
    }

    /** Median, unit, range and whether the goal is met. */
    static void print(PrintWriter out, List<GoalLine> lines) {
        lines.forEach(line -> out.printf(
                "  %-28s %,12.3f %-6s (%,.3f to %,.3f)%s%n",
                line.name(), line.value(), line.unit(), line.low(), line.high(), verdict(line)));
    }

    private static String verdict(GoalLine line) {
        return line.target() == null
                ? ""
                : String.format("  goal %.6g: %s", line.target(), Boolean.TRUE.equals(line.pass()) ? "met" : "missed");
    }

    /** @throws ParameterException when the value of an option is not in [least, most] */
    static void requireBetween(CommandSpec spec, String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), name + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }
}
