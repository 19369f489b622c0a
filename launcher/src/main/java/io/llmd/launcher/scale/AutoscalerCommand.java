package io.llmd.launcher.scale;

import io.llmd.launcher.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code llmd autoscaler}: commands about what the autoscaler decides. */
@Command(name = "autoscaler", description = "What the autoscaler decides, and why.")
public final class AutoscalerCommand implements Runnable {

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private AutoscalerCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The command with those below it. */
    public static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new AutoscalerCommand(terminal)).addSubcommand(new AutoscalerExplainCommand(terminal));
    }

    @Override
    public void run() {
        spec.commandLine().usage(terminal.out());
    }
}
