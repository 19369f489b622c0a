package io.llmd.launcher.lab;

import io.llmd.lab.result.GoalFigure;
import io.llmd.launcher.terminal.Json;
import java.util.Locale;

/** Goals as lines. */
final class LabGoals {

    private LabGoals() {}

    /** One line about one figure. @param json whether it is a JSON object */
    static String line(GoalFigure figure, boolean json) {
        return json
                ? Json.line(figure)
                : String.format(
                        Locale.ROOT,
                        "%-4s %-45s %8.3f  %s %-8.3f against %s",
                        figure.goal(),
                        figure.name(),
                        figure.value(),
                        figure.pass() ? "met   " : "missed",
                        figure.target(),
                        figure.baseline());
    }
}
