package io.llmd.launcher.keys;

import io.llmd.launcher.terminal.Terminal;
import java.time.InstantSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code llmd keys}: holds the commands around API keys. */
@Command(
        name = "keys",
        synopsisSubcommandLabel = "COMMAND",
        description = "API keys of the gateway.",
        footer = {"", "Exit codes: 0 done, 1 the key file is not in order, 2 usage."})
public final class KeysCommand {

    private KeysCommand() {}

    /** The command with its subcommands. */
    public static CommandLine commandLine(Terminal terminal) {
        InstantSource clock = InstantSource.system();
        return new CommandLine(new KeysCommand())
                .addSubcommand(new KeysCreateCommand(terminal))
                .addSubcommand(new KeysListCommand(terminal, clock))
                .addSubcommand(new KeysRotateCommand(terminal, clock))
                .addSubcommand(new KeysExpireCommand(terminal, clock));
    }
}
