package io.llmd.launcher.home;

import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Options of commands that talk to a gateway; what is not given comes from the running suite. */
public final class GatewayOptions {

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "base URL of the gateway; load goes to several in turn (default: the running suite)")
    private List<URI> urls = List.of();

    @Option(names = "--key", paramLabel = "KEY", description = "API key (default: LLMD_KEY, then the running suite)")
    private @Nullable String key;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "NAME",
            description = "model (default: the first that the gateway lists)")
    private @Nullable String model;

    /**
     * A gateway to talk to.
     *
     * @param uri base URL, without {@code /v1}
     * @param key API key, null for none
     * @param others base URLs of further gateways before the same endpoints, of which the same key and model hold
     */
    public record Gateway(URI uri, @Nullable String key, String model, List<URI> others) {

        public Gateway {
            others = List.copyOf(others);
        }

        /** URL of a path such as {@code /v1/models}. */
        public URI at(String path) {
            return URI.create(uri + path);
        }
    }

    /** @throws CommandFailure when there is no gateway, or it lists no model and none is given */
    public Gateway resolve() throws InterruptedException {
        String environmentKey = System.getenv("LLMD_KEY");
        if (!urls.isEmpty()) {
            return gateway(
                    urls.stream().map(GatewayOptions::withoutVersion).toList(), firstNonNull(key, environmentKey));
        }
        RunState state = RunFile.running();
        if (state != null) {
            return gateway(
                    state.gateways().stream().map(URI::create).toList(),
                    firstNonNull(key, environmentKey, state.key()));
        }
        throw CommandFailure.notReady("no suite is running; start one with './llmd up', or name a gateway with --url");
    }

    private Gateway gateway(List<URI> bases, @Nullable String apiKey) throws InterruptedException {
        URI first = bases.getFirst();
        String served = model != null ? model : firstModel(first, apiKey);
        return new Gateway(first, apiKey, served, bases.subList(1, bases.size()));
    }

    private static URI withoutVersion(URI given) {
        return URI.create(given.toString().replaceAll("/+$", "").replaceAll("/v1$", ""));
    }

    private static @Nullable String firstNonNull(@Nullable String... values) {
        for (String value : values) {
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return null;
    }

    private static String firstModel(URI base, @Nullable String key) throws InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(base + "/v1/models")).timeout(Duration.ofSeconds(10));
            if (key != null) {
                request.header("authorization", "Bearer " + key);
            }
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw CommandFailure.notReady(
                        base + "/v1/models answered " + answer.statusCode() + ": " + ApiErrors.message(answer.body()));
            }
            JsonNode first =
                    Json.MAPPER.readTree(answer.body()).path("data").path(0).path("id");
            if (!first.isString()) {
                throw CommandFailure.notReady(base + " lists no model; name one with -m");
            }
            return first.asString();
        } catch (IOException e) {
            throw CommandFailure.notReady(
                    "no gateway at " + base + " (" + e.getClass().getSimpleName() + ")");
        } catch (JacksonException | IllegalArgumentException e) {
            throw CommandFailure.notReady(base + " is no gateway: " + e.getMessage());
        }
    }
}
