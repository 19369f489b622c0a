package io.llmd.launcher.lab;

import io.llmd.launcher.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code llmd lab}: routing policies in virtual time. */
@Command(
        name = "lab",
        synopsisSubcommandLabel = "COMMAND",
        description = "Replay traffic in virtual time through the real scheduler, and compare routing policies.")
public final class LabCommand {

    private LabCommand() {}

    /** The command with its subcommands. */
    public static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new LabCommand())
                .addSubcommand(new LabRunCommand(terminal))
                .addSubcommand(new LabCompareCommand(terminal))
                .addSubcommand(new LabKneeCommand(terminal))
                .addSubcommand(new LabDisaggCommand(terminal))
                .addSubcommand(new LabPredictorCommand(terminal))
                .addSubcommand(new LabReportCommand(terminal))
                .addSubcommand(new LabAutoscaleCommand(terminal));
    }
}
