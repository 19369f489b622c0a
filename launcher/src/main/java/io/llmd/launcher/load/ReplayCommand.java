package io.llmd.launcher.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code llmd replay}: {@code llmd load --trace}, under the name that people look for. */
@Command(
        name = "replay",
        description = "Send the requests of a recording at their times; the same as 'llmd load --trace FILE'.",
        footer = {
            "",
            "All options of 'llmd load' that go with --trace may follow, such as --speed 2, --for 5m, --out FILE.",
            "Exit codes: 0 all answered, and otherwise those of 'llmd load'."
        })
public final class ReplayCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(
            paramLabel = "FILE",
            description = "recording in Mooncake's form (.jsonl, .jsonl.gz) or Azure's (.csv, .csv.gz)")
    private String file = "";

    @Unmatched
    private List<String> more = new ArrayList<>();

    @Override
    public Integer call() {
        List<String> arguments = new ArrayList<>(List.of("--trace", file));
        arguments.addAll(more);
        CommandLine all = spec.root().commandLine();
        arguments.addFirst("load");
        return all.execute(arguments.toArray(String[]::new));
    }
}
