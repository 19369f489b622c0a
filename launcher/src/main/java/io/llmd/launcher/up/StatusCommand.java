package io.llmd.launcher.up;

import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.TextTable;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code llmd status}: what runs, where, and whether it is well. */
@Command(
        name = "status",
        description = "Say what runs, where, and whether it is well.",
        footer = {"", "Exit codes: 0 all parts are ready, 3 nothing runs or a part is not ready."})
public final class StatusCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final String READY = "ready";

    private final Terminal terminal;

    @Option(names = "--json", description = "print one JSON object: gateway, key, parts")
    private boolean json;

    public StatusCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    private record PartStatus(String name, String role, String state, String url, long pid) {}

    @Override
    public Integer call() throws InterruptedException {
        return switch (new RunFile(LlmdHome.current()).status()) {
            case RunStatus.Running(RunState state) -> show(state);
            case RunStatus.Absent() ->
                throw CommandFailure.notReady("nothing is running; './llmd up' starts the suite");
            case RunStatus.Stale(RunState state) ->
                throw CommandFailure.notReady(
                        "process " + state.pid() + " ended without cleaning up; './llmd up' starts anew");
            case RunStatus.Unreadable(String reason) ->
                throw CommandFailure.notReady(reason + "; './llmd down' removes the file");
        };
    }

    private int show(RunState state) throws InterruptedException {
        List<PartStatus> parts = new ArrayList<>();
        HealthProbe probe = new HealthProbe(TIMEOUT);
        for (RunState.Part part : state.parts()) {
            parts.add(new PartStatus(part.name(), part.role(), stateOf(part, probe), part.url(), part.pid()));
        }
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("gateway", state.gateway());
            object.put("key", state.key());
            object.put("parts", parts);
            terminal.println(Json.line(object));
        } else {
            terminal.println(table(parts).toString());
            terminal.println(" API " + state.gateway() + "/v1   model " + state.model() + "   key " + state.key());
        }
        return parts.stream().allMatch(part -> part.state().equals(READY)) ? ExitCode.OK : ExitCode.NOT_READY;
    }

    private static TextTable table(List<PartStatus> parts) {
        if (parts.stream().allMatch(part -> part.role().isEmpty())) {
            TextTable table = TextTable.ofText("part", "state", "url", "process");
            parts.forEach(part -> table.row(part.name(), part.state(), part.url(), String.valueOf(part.pid())));
            return table;
        }
        TextTable table = TextTable.ofText("part", "role", "state", "url", "process");
        parts.forEach(
                part -> table.row(part.name(), part.role(), part.state(), part.url(), String.valueOf(part.pid())));
        return table;
    }

    private static String stateOf(RunState.Part part, HealthProbe probe) throws InterruptedException {
        HealthProbe.Result result = probe.ask(URI.create(part.health()));
        if (result.isHealthy()) {
            return READY;
        }
        boolean alive = part.pid() > 0
                && ProcessHandle.of(part.pid()).map(ProcessHandle::isAlive).orElse(false);
        return alive ? "not ready" : "ended";
    }
}
