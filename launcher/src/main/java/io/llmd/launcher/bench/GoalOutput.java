package io.llmd.launcher.bench;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How benches show what they measured: a table, or JSON when it is asked for. */
final class GoalOutput {

    @Option(names = "--json", description = "One JSON object per line instead of a table.")
    private boolean json;

    /** Prints the lines where the command prints. */
    void print(CommandSpec spec, List<GoalLine> lines) {
        print(spec, lines, "", "");
    }

    /**
     * The same.
     *
     * @param head what stands above the table, with its line ends
     * @param foot what stands below it
     */
    void print(CommandSpec spec, List<GoalLine> lines, String head, String foot) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            GoalTable.json(out, lines);
        } else {
            out.print(head);
            GoalTable.print(out, lines);
            out.print(foot);
        }
        out.flush();
    }
}
