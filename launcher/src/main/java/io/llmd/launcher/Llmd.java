package io.llmd.launcher;

import io.llmd.launcher.bench.BenchCommand;
import io.llmd.launcher.chat.ChatCommand;
import io.llmd.launcher.completion.CompletionCommand;
import io.llmd.launcher.config.ConfigCommand;
import io.llmd.launcher.doctor.DoctorCommand;
import io.llmd.launcher.explain.ExplainCommand;
import io.llmd.launcher.explain.ExplainReplayCommand;
import io.llmd.launcher.explain.ExplainSnapshotCommand;
import io.llmd.launcher.fault.FaultCommand;
import io.llmd.launcher.hashes.HashesCommand;
import io.llmd.launcher.health.HealthCommand;
import io.llmd.launcher.keys.KeysCommand;
import io.llmd.launcher.lab.LabCommand;
import io.llmd.launcher.load.LoadCommand;
import io.llmd.launcher.load.ReplayCommand;
import io.llmd.launcher.load.TokenLengths;
import io.llmd.launcher.scale.AutoscalerCommand;
import io.llmd.launcher.serve.ServeCommand;
import io.llmd.launcher.sim.SimCommand;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.Durations;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.Version;
import io.llmd.launcher.top.TopCommand;
import io.llmd.launcher.up.DownCommand;
import io.llmd.launcher.up.LogsCommand;
import io.llmd.launcher.up.StatusCommand;
import io.llmd.launcher.up.UpCommand;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code llmd} command. */
@Command(
        name = "llmd",
        description = "Distributed LLM inference serving on the JVM.",
        versionProvider = Version.class,
        footer = {
            "",
            "Commands of the start script, which run Maven: test (the whole build with all its gates), bench decision.",
            "Exit codes: 0 ok, 1 failed, 2 usage, 3 not ready, 4 limits broken."
        })
public final class Llmd implements Runnable {

    /**
     * With heaps of at most 512 MiB Netty would share its pools of memory among event loops, and take what it reads with from the system
     * whenever two of them ask at a time.
     */
    private static final String SHARED_POOLS = "io.netty.allocator.disableThreadLocalMagazinesOnLowMemory";

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private Llmd(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        if (System.getProperty(SHARED_POOLS) == null) {
            System.setProperty(SHARED_POOLS, "false");
        }
        int code = commandLine(Terminal.system()).execute(arguments);
        System.exit(code);
    }

    /** All commands, writing to the given terminal. */
    public static CommandLine commandLine(Terminal terminal) {
        CommandLine commands = new CommandLine(new Llmd(terminal));
        commands.addSubcommand(new UpCommand(terminal));
        commands.addSubcommand(new DownCommand(terminal));
        commands.addSubcommand(new StatusCommand(terminal));
        commands.addSubcommand(new LogsCommand(terminal));
        commands.addSubcommand(new ChatCommand(terminal));
        commands.addSubcommand(new LoadCommand(terminal));
        commands.addSubcommand(new ReplayCommand(terminal));
        commands.addSubcommand(new TopCommand(terminal));
        commands.addSubcommand(new FaultCommand(terminal));
        commands.addSubcommand(new BenchCommand());
        commands.addSubcommand(new CommandLine(new ExplainCommand(terminal))
                .addSubcommand(new ExplainReplayCommand(terminal))
                .addSubcommand(new ExplainSnapshotCommand(terminal)));
        commands.addSubcommand("autoscaler", AutoscalerCommand.commandLine(terminal));
        commands.addSubcommand("config", ConfigCommand.commandLine(terminal));
        commands.addSubcommand("lab", LabCommand.commandLine(terminal));
        commands.addSubcommand("keys", KeysCommand.commandLine(terminal));
        commands.addSubcommand(new HashesCommand(terminal));
        commands.addSubcommand(new DoctorCommand(terminal));
        commands.addSubcommand(new ServeCommand(terminal));
        commands.addSubcommand("sim", SimCommand.commandLine(terminal));
        commands.addSubcommand(new HealthCommand(terminal));
        commands.addSubcommand(new CompletionCommand(terminal));
        commands.getSubcommands().values().forEach(Llmd::withHelp);
        withHelp(commands);
        commands.registerConverter(Duration.class, text -> converted(() -> Durations.parse(text)));
        commands.registerConverter(TokenLengths.class, text -> converted(() -> TokenLengths.parse(text)));
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setColorScheme(CommandLine.Help.defaultColorScheme(terminal.colored() ? Ansi.ON : Ansi.OFF));
        commands.setOut(new PrintWriter(terminal.out(), true));
        commands.setErr(new PrintWriter(terminal.err(), true));
        commands.setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command, terminal));
        return commands;
    }

    private static void withHelp(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        spec.mixinStandardHelpOptions(true);
        spec.usageMessage().showDefaultValues(false);
        command.getSubcommands().values().forEach(Llmd::withHelp);
    }

    private static <T> T converted(Supplier<T> conversion) {
        try {
            return conversion.get();
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }

    private static int failed(Exception failure, CommandLine command, Terminal terminal) {
        String name = command.getCommandSpec().qualifiedName();
        if (failure instanceof CommandFailure expected) {
            terminal.note(name + ": " + expected.getMessage());
            return expected.exitCode();
        }
        terminal.note(name + ": " + failure);
        if (System.getenv("LLMD_DEBUG") != null) {
            failure.printStackTrace(terminal.err());
        }
        return ExitCode.FAILED;
    }

    @Override
    public void run() {
        spec.commandLine().usage(terminal.out());
    }
}
