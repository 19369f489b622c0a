package io.llmd.launcher.up;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Command lines of further processes of this program, with this JVM's own options. */
final class ChildCommand {

    private ChildCommand() {}

    /**
     * A process that does not hear Ctrl-C on the terminal, so that its starter can end it in order. It hears SIGTERM.
     *
     * @param options further options of the JVM
     */
    static List<String> of(List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "trap '' INT HUP; exec \"$@\"", "llmd"));
        command.add(java());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("-agentlib") && !argument.startsWith("-javaagent"))
                .forEach(command::add);
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.llmd.launcher.Llmd"));
        command.addAll(arguments);
        return command;
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElseGet(() -> System.getProperty("java.home") + "/bin/java");
    }
}
