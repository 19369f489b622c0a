package io.llmd.launcher.explain;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.SchedulerOptions;
import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmd explain}: why requests went where they went, and where one would go without sending it there. */
@Command(
        name = "explain",
        description = "Say why a request went where it went, or where one would go, without sending it.",
        footer = {
            "",
            "Exit codes: 0 it was or would be served, 1 it was or would be rejected, is not recorded or cannot be read, 2 usage,"
                    + " 3 scheduler not there."
        })
public final class ExplainCommand implements Callable<Integer> {

    private static final String LAST = "last";
    private static final String EXPLAIN = "/v1/schedule:explain";
    private static final String EXPLAIN_SNAPSHOT = "/v1/snapshot:explain";

    private final Terminal terminal;

    @Parameters(
            arity = "0..1",
            paramLabel = "last|ID",
            description = "the last recorded decision, or all about the request of this id")
    private @Nullable String which;

    @Option(names = "--dry-run", paramLabel = "FILE", description = "body of a request that is not sent, JSON")
    private @Nullable Path file;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "user message of a chat request that is not sent")
    private @Nullable String prompt;

    @Option(
            names = "--snapshot",
            paramLabel = "FILE",
            description = "decide against what 'llmd explain snapshot' saved, instead of the pool as it is")
    private @Nullable Path snapshot;

    @Mixin
    private final SchedulerOptions scheduler = new SchedulerOptions();

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            description = "gateway whose console says what stands out (default: that of the running suite)")
    private @Nullable URI gateway;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "NAME",
            description = "model of --prompt (default: the running suite's)")
    private @Nullable String model;

    @Option(
            names = "--path",
            paramLabel = "PATH",
            defaultValue = "/v1/chat/completions",
            description = "path that the request would have (default: ${DEFAULT-VALUE})")
    private String path = "";

    @Option(names = "--json", description = "print the scheduler's answer as it came")
    private boolean json;

    public ExplainCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        long given = List.of(which != null, file != null, prompt != null).stream()
                .filter(isGiven -> isGiven)
                .count();
        if (given != 1) {
            throw CommandFailure.usage("one of last, ID, --prompt and --dry-run is needed");
        }
        return which != null ? recorded(which) : dryRun();
    }

    private int recorded(String wanted) throws InterruptedException {
        try (ServiceApi api = scheduler.open()) {
            String id = wanted.equals(LAST) ? lastId(api) : wanted;
            String findings = json ? "" : findings(id);
            if (!findings.isEmpty()) {
                terminal.println(findings);
            }
            JsonNode decisions = api.get("/v1/decisions/" + ServiceApi.encoded(id));
            terminal.println(json ? Json.line(decisions) : new RecordText(decisions).toString());
            JsonNode attempts = decisions.path("attempts");
            return isServed(attempts.path(attempts.size() - 1).path("explanation")) ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    /** Asked first, because it knows requests too of which no decision is recorded. */
    private String findings(String id) throws InterruptedException {
        RunState running = RunFile.running();
        URI asked = gateway != null ? gateway : running != null ? URI.create(running.gateway()) : null;
        if (asked == null) {
            return "";
        }
        try {
            return ConsoleFindings.text(asked, id);
        } catch (CommandFailure e) {
            // What the scheduler recorded is told all the same.
            if (gateway != null) {
                terminal.note("--gateway: " + e.getMessage());
            }
            return "";
        }
    }

    private static String lastId(ServiceApi api) throws InterruptedException {
        JsonNode page = api.get("/v1/decisions?limit=1");
        JsonNode newest = page.path("decisions").path(0).path("requestId");
        if (newest.isMissingNode()) {
            throw new CommandFailure(
                    ExitCode.FAILED, "no decision is recorded yet; send a request, for example './llmd chat Hello'");
        }
        return newest.asString("");
    }

    private int dryRun() throws InterruptedException {
        byte[] body = body(RunFile.running());
        try (ServiceApi api = scheduler.open()) {
            JsonNode explanation = snapshot == null
                    ? api.post(EXPLAIN, "application/json", body, Map.of(LlmdHeader.ORIGINAL_PATH.wireName(), path))
                    : api.post(EXPLAIN_SNAPSHOT, "application/json", withSnapshot(snapshot, body), Map.of());
            terminal.println(json ? Json.line(explanation) : new ExplanationText(explanation).toString());
            return isServed(explanation) ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private static boolean isServed(JsonNode explanation) {
        return explanation.path("verdict").path("outcome").asString("").equals("decision");
    }

    private byte[] withSnapshot(Path saved, byte[] body) {
        try {
            ObjectNode run = Json.MAPPER.createObjectNode();
            run.set("snapshot", Json.MAPPER.readTree(read("--snapshot", saved)));
            run.put("path", path);
            run.set("body", Json.MAPPER.readTree(body));
            return Json.MAPPER.writeValueAsBytes(run);
        } catch (JacksonException e) {
            throw CommandFailure.usage("--snapshot: " + saved + " or the body of the request is not JSON");
        }
    }

    private byte[] body(@Nullable RunState running) {
        if (file != null) {
            return read("--dry-run", file);
        }
        String name = model != null ? model : running != null ? running.model() : "";
        return Json.MAPPER.writeValueAsBytes(
                Map.of("model", name, "messages", List.of(Map.of("role", "user", "content", String.valueOf(prompt)))));
    }

    static byte[] read(String option, Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw CommandFailure.usage(option + ": " + path + " cannot be read");
        }
    }
}
