package io.llmd.launcher.scale;

import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code llmd autoscaler explain}: why variants have the numbers of replicas that they have. */
@Command(
        name = "explain",
        description = "Say how many replicas each variant should have, why not less and why not more.",
        footer = {"", "Exit codes: 0 said, 1 nothing has been decided about it, 2 usage, 3 autoscaler not there."})
public final class AutoscalerExplainCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
            arity = "0..1",
            paramLabel = "VARIANT",
            description = "namespace/name of one variant (default: all of them)")
    private @Nullable String variant;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "base URL of the autoscaler (default: the running suite)")
    private @Nullable URI url;

    @Option(names = "--at", paramLabel = "TIME", description = "as it was at this time, such as 2026-01-31T12:00:00Z")
    private @Nullable String at;

    @Option(names = "--json", description = "print the autoscaler's answers as they came")
    private boolean json;

    public AutoscalerExplainCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (ServiceApi api = ServiceApi.at("autoscaler", url, "./llmd up --with-autoscaler")) {
            for (String id : ids(api)) {
                int slash = id.indexOf('/');
                if (slash < 1 || slash == id.length() - 1) {
                    throw CommandFailure.usage("variant: " + id + " (expected: namespace/name)");
                }
                String path = "/api/v1/variants/" + ServiceApi.encoded(id.substring(0, slash)) + "/"
                        + ServiceApi.encoded(id.substring(slash + 1)) + "/explain"
                        + (at == null ? "" : "?at=" + ServiceApi.encoded(at));
                JsonNode answer = api.get(path);
                terminal.println(json ? answer.toString() : ScaleText.of(answer));
            }
        }
        return ExitCode.OK;
    }

    private List<String> ids(ServiceApi api) throws InterruptedException {
        if (variant != null) {
            return List.of(variant);
        }
        List<String> ids = new ArrayList<>();
        for (JsonNode model : api.get("/api/v1/models").path("models")) {
            model.path("variants").forEach(each -> ids.add(each.path("variant").asString("")));
        }
        return ids;
    }
}
