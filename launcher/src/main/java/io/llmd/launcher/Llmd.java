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
import java.util.List;
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

    /** Completes all commands, and needs them. */
    private static final String COMPLETION = "completion";

    /** In the order of the help. */
    private static final List<String> NAMES = List.of(
            "up",
            "down",
            "status",
            "logs",
            "chat",
            "load",
            "replay",
            "top",
            "fault",
            "bench",
            "explain",
            "autoscaler",
            "config",
            "lab",
            "keys",
            "hashes",
            "doctor",
            "serve",
            "sim",
            "health",
            COMPLETION);

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
        int code = commandLineFor(Terminal.system(), arguments).execute(arguments);
        System.exit(code);
    }

    /**
     * The commands that these arguments need: one alone where the first argument names it. Services and probes start with this, and
     * building all commands takes longer than many of them run.
     */
    static CommandLine commandLineFor(Terminal terminal, String... arguments) {
        boolean isNamed = arguments.length > 0 && NAMES.contains(arguments[0]) && !arguments[0].equals(COMPLETION);
        return commandLine(terminal, isNamed ? List.of(arguments[0]) : NAMES);
    }

    /** All commands, writing to the given terminal. */
    public static CommandLine commandLine(Terminal terminal) {
        return commandLine(terminal, NAMES);
    }

    private static CommandLine commandLine(Terminal terminal, List<String> names) {
        CommandLine commands = new CommandLine(new Llmd(terminal));
        for (String name : names) {
            commands.addSubcommand(name, command(name, terminal));
        }
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

    private static Object command(String name, Terminal terminal) {
        return switch (name) {
            case "up" -> new UpCommand(terminal);
            case "down" -> new DownCommand(terminal);
            case "status" -> new StatusCommand(terminal);
            case "logs" -> new LogsCommand(terminal);
            case "chat" -> new ChatCommand(terminal);
            case "load" -> new LoadCommand(terminal);
            case "replay" -> new ReplayCommand(terminal);
            case "top" -> new TopCommand(terminal);
            case "fault" -> new FaultCommand(terminal);
            case "bench" -> new BenchCommand();
            case "explain" ->
                new CommandLine(new ExplainCommand(terminal))
                        .addSubcommand(new ExplainReplayCommand(terminal))
                        .addSubcommand(new ExplainSnapshotCommand(terminal));
            case "autoscaler" -> AutoscalerCommand.commandLine(terminal);
            case "config" -> ConfigCommand.commandLine(terminal);
            case "lab" -> LabCommand.commandLine(terminal);
            case "keys" -> KeysCommand.commandLine(terminal);
            case "hashes" -> new HashesCommand(terminal);
            case "doctor" -> new DoctorCommand(terminal);
            case "serve" -> new ServeCommand(terminal);
            case "sim" -> SimCommand.commandLine(terminal);
            case "health" -> new HealthCommand(terminal);
            case COMPLETION -> new CompletionCommand(terminal);
            default -> throw new IllegalArgumentException("command: " + name + " (expected: one of " + NAMES + ")");
        };
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
