package io.llmd.launcher.config;

import io.llmd.launcher.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code llmd config}: what can be done with configuration files. */
@Command(name = "config", synopsisSubcommandLabel = "COMMAND", description = "Check configuration files.")
public final class ConfigCommand {

    private ConfigCommand() {}

    /** The command with its subcommands. */
    public static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new ConfigCommand()).addSubcommand(new ConfigCheckCommand(terminal));
    }
}
