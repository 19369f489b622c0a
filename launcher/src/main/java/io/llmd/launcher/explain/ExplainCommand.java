package io.llmd.launcher.explain;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.launcher.home.ApiErrors;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** {@code llmd explain}: asks the scheduler where a request would go, without sending it there. */
@Command(
        name = "explain",
        description = "Say where a request would go and why, without sending it.",
        footer = {
            "",
            "Exit codes: 0 it would be served, 1 it would be rejected or cannot be read, 2 usage, 3 scheduler not there."
        })
public final class ExplainCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Terminal terminal;

    @ArgGroup(multiplicity = "1")
    private final What what = new What();

    @Option(names = "--url", paramLabel = "URL", description = "base URL of the scheduler (default: the running suite)")
    private @Nullable URI url;

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

    @Option(names = "--json", description = "print the scheduler's explanation as it came")
    private boolean json;

    public ExplainCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    private static final class What {
        @Option(names = "--dry-run", paramLabel = "FILE", description = "body of the request, JSON")
        private @Nullable Path file;

        @Option(names = "--prompt", paramLabel = "TEXT", description = "user message of a chat request")
        private @Nullable String prompt;
    }

    @Override
    public Integer call() throws InterruptedException {
        RunState running =
                new RunFile(LlmdHome.current()).status() instanceof RunStatus.Running(RunState state) ? state : null;
        URI scheduler = scheduler(running);
        JsonNode explanation = ask(scheduler, body(running));
        terminal.println(json ? Json.line(explanation) : new ExplanationText(explanation).toString());
        return explanation.path("verdict").path("outcome").asString("").equals("decision")
                ? ExitCode.OK
                : ExitCode.FAILED;
    }

    private URI scheduler(@Nullable RunState running) {
        if (url != null) {
            return url;
        }
        if (running != null) {
            for (RunState.Part part : running.parts()) {
                if (part.name().equals("scheduler")) {
                    return URI.create(part.url());
                }
            }
        }
        throw CommandFailure.notReady(
                "no suite is running; start one with './llmd up', or name a scheduler with --url");
    }

    private byte[] body(@Nullable RunState running) {
        if (what.file != null) {
            try {
                return Files.readAllBytes(what.file);
            } catch (IOException e) {
                throw CommandFailure.usage("--dry-run: " + what.file + " cannot be read");
            }
        }
        String name = model != null ? model : running != null ? running.model() : "";
        return Json.MAPPER.writeValueAsBytes(Map.of(
                "model", name, "messages", List.of(Map.of("role", "user", "content", String.valueOf(what.prompt)))));
    }

    private JsonNode ask(URI scheduler, byte[] body) throws InterruptedException {
        URI target = URI.create(scheduler.toString().replaceAll("/+$", "") + "/v1/schedule:explain");
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .build()) {
            HttpRequest request = HttpRequest.newBuilder(target)
                    .timeout(TIMEOUT)
                    .header("content-type", "application/json")
                    .header(LlmdHeader.ORIGINAL_PATH.wireName(), path)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "the scheduler answered " + answer.statusCode() + ": " + ApiErrors.message(answer.body()));
            }
            return Json.MAPPER.readTree(answer.body());
        } catch (IOException e) {
            throw CommandFailure.notReady(
                    "no scheduler at " + scheduler + " (" + e.getClass().getSimpleName() + ")");
        } catch (JacksonException | IllegalArgumentException e) {
            throw CommandFailure.notReady(scheduler + " is no scheduler: " + e.getMessage());
        }
    }
}
