package io.llmd.launcher.completion;

import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code llmd completion}: a script with which bash and zsh complete commands and options. */
@Command(
        name = "completion",
        description = "Print a script with which bash and zsh complete commands and options.",
        footer = {
            "",
            "In this shell: source <(./llmd completion); the script completes 'llmd' and './llmd'.",
            "Exit codes: 0 printed."
        })
public final class CompletionCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    public CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        String script = AutoComplete.bash("llmd", spec.root().commandLine());
        terminal.println(script + "complete -F _complete_llmd -o default ./llmd");
        return ExitCode.OK;
    }
}
