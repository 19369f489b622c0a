package io.llmd.launcher.bench;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdScalarSerializer;

/** Prints what a bench measured, and checks what it was asked for: the same way in all of them. */
final class GoalTable {

    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new SimpleModule().addSerializer(double.class, new FiniteOrNull()))
            .build();

    private GoalTable() {}

    /** One JSON object a line; null for figures that are not finite. */
    static void json(PrintWriter out, List<GoalLine> lines) {
        lines.forEach(line -> out.println(JSON.writeValueAsString(line)));
    }

    /** Median, unit, range and whether the goal is met. */
    static void print(PrintWriter out, List<GoalLine> lines) {
        lines.forEach(line -> out.printf(
                "  %-28s %12s %-6s (%s to %s)%s%n",
                line.name(),
                number(line.value()),
                line.unit(),
                number(line.low()),
                number(line.high()),
                verdict(line)));
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "none";
        }
        return Double.isInfinite(value) ? "above the last bucket" : String.format("%,.3f", value);
    }

    private static String verdict(GoalLine line) {
        return line.target() == null
                ? ""
                : String.format("  goal %.6g: %s", line.target(), Boolean.TRUE.equals(line.pass()) ? "met" : "missed");
    }

    /** JSON has no word for infinity. */
    private static final class FiniteOrNull extends StdScalarSerializer<Double> {

        FiniteOrNull() {
            super(Double.class);
        }

        @Override
        public void serialize(Double value, JsonGenerator json, SerializationContext context) {
            if (Double.isFinite(value)) {
                json.writeNumber(value);
            } else {
                json.writeNull();
            }
        }
    }

    /** @throws ParameterException when the value of an option is not in [least, most] */
    static void requireBetween(CommandSpec spec, String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), name + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }
}
