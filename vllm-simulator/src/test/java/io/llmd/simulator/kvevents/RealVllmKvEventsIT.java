package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.StartPlan;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.FinishReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Gives the requests that were sent to a real vLLM to an engine that is set up by the recorded command line, with the
 * outputs that vLLM gave. What it publishes must be the same to the byte: where batches begin and end, the order of
 * events, hashes, parents, tokens and removals. What differs is listed with its reason, and must differ.
 */
@Timeout(60)
class RealVllmKvEventsIT {

    /** Steps of the recordings, and reasons. */
    private static final Map<String, Map<String, String>> KNOWN_DIFFERENCES =
            Map.of("0.32.0", Map.of("session id", "events do not tell the session of a request"), "0.21.0", Map.of());

    @ParameterizedTest
    @CsvSource({
        "0.32.0, kv-events-sha256, 6",
        "0.32.0, kv-events-sha256-cbor, 33",
        "0.32.0, kv-events-sha256-cbor-bytes, 6",
        "0.32.0, kv-events-xxhash, 6",
        "0.32.0, kv-events-xxhash-cbor, 6",
        "0.21.0, kv-events-sha256-cbor, 33"
    })
    void engineOfTheRecordedCommandLinePublishesTheRecordedBytes(String version, String run, int batches)
            throws IOException {
        JsonNode recording = KvRecordings.read(version, run);
        Map<String, String> known = new HashMap<>(KNOWN_DIFFERENCES.get(version));
        List<String> problems = new ArrayList<>();
        int recorded = 0;
        try (Endpoint endpoint = new Endpoint(version, run, timestamps(recording))) {
            for (JsonNode step : recording.get("steps")) {
                String name = step.get("name").asString();
                List<List<String>> expected = frames(step);
                recorded += expected.size();
                String difference = difference(expected, endpoint.repeat(step));
                boolean listed = known.remove(name) != null;
                if (difference != null && !listed) {
                    problems.add(name + ": " + difference);
                } else if (difference == null && listed) {
                    problems.add(name + ": is the same, though listed as different");
                }
            }
            compareReplays(recording, endpoint, problems);
        }
        assertThat(problems).isEmpty();
        assertThat(recorded).isEqualTo(batches);
    }

    /** Replies but for their payloads, which were compared already. */
    private static void compareReplays(JsonNode recording, Endpoint endpoint, List<String> problems) {
        for (JsonNode replay : recording.get("replay")) {
            JsonNode replies = replay.get("replies");
            if (!replies.isEmpty()) {
                long from = Long.parseUnsignedLong(replay.get("request").get(1).asString(), 16);
                String difference = difference(heads(replies), endpoint.replayed(from));
                if (difference != null) {
                    problems.add("replay " + replay.get("name").asString() + ": " + difference);
                }
            }
        }
    }

    private static List<List<String>> heads(JsonNode replies) {
        List<List<String>> heads = new ArrayList<>();
        for (JsonNode reply : replies) {
            List<String> frames = texts(reply);
            heads.add(frames.subList(0, frames.size() - 1));
        }
        return heads;
    }

    private static Deque<Double> timestamps(JsonNode recording) {
        Deque<Double> timestamps = new ArrayDeque<>();
        for (JsonNode step : recording.get("steps")) {
            for (JsonNode message : step.get("messages")) {
                timestamps.add(message.get("decoded").get(0).asDouble());
            }
        }
        return timestamps;
    }

    /** Topic, sequence and payload of the messages of a step. */
    private static List<List<String>> frames(JsonNode step) {
        List<List<String>> messages = new ArrayList<>();
        for (JsonNode message : step.get("messages")) {
            messages.add(texts(message.get("frames")));
        }
        return messages;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asString()));
        return texts;
    }

    private static @Nullable String difference(List<List<String>> expected, List<List<String>> actual) {
        if (expected.equals(actual)) {
            return null;
        }
        for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
            String wanted = String.join(" ", expected.get(i));
            String is = String.join(" ", actual.get(i));
            if (!wanted.equals(is)) {
                int same = firstDifference(wanted, is);
                return "message " + i + " is " + around(is, same) + ", not " + around(wanted, same);
            }
        }
        return actual.size() + " messages, not " + expected.size();
    }

    private static int firstDifference(String a, String b) {
        int same = 0;
        while (same < Math.min(a.length(), b.length()) && a.charAt(same) == b.charAt(same)) {
            same++;
        }
        return same;
    }

    private static String around(String text, int place) {
        return "..." + text.substring(Math.max(0, place - 60), Math.min(text.length(), place + 120)) + "...";
    }

    /** An engine in virtual time that publishes at the recorded times; batches are read by replay. */
    private static final class Endpoint implements AutoCloseable {
        private static final HexFormat HEX = HexFormat.of();
        private static final String FREE_PORT = "tcp://127.0.0.1:*";
        private static final String ADAPTER_PATH = "tiny-lora";
        private static final String MODEL = "tiny";

        private final KvEventLoop loop = KvEventLoop.start();
        private final String topic;
        private final PublishedCache cache;
        private final Engine engine;
        private final KvEventClient replay;
        private long now;
        private long ids;

        Endpoint(String version, String run, Deque<Double> timestamps) throws IOException {
            KvRecordings.Start start = KvRecordings.start(version, run);
            List<String> arguments = new ArrayList<>(start.arguments());
            arguments.addAll(List.of("--emulate-version", version));
            SimulatorSettings settings =
                    StartPlan.of(arguments, start.environment()).endpoints().getFirst();
            KvEventSettings events = Objects.requireNonNull(settings.kvEvents());
            topic = HEX.formatHex(events.topic().getBytes(StandardCharsets.UTF_8));
            cache = PublishedCache.open(
                    loop,
                    events.withEndpoint(FREE_PORT).withReplay(events.replay().withEndpoint(FREE_PORT)),
                    settings.blockHashing(),
                    0,
                    settings.engine().blockTokens(),
                    adapter -> ADAPTER_PATH,
                    clock(timestamps),
                    new Random(0));
            engine = new Engine(settings.engine().withHasher(cache.hasher()));
            replay = KvEventClient.replay(
                    Objects.requireNonNull(cache.publisher().replayEndpoint()));
        }

        private static InstantSource clock(Deque<Double> timestamps) {
            return () -> {
                double seconds = timestamps.isEmpty() ? 0 : timestamps.remove();
                return Instant.ofEpochSecond((long) seconds, Math.round((seconds - (long) seconds) * 1e9));
            };
        }

        /** Does again what was done in a step; the messages that it led to. */
        List<List<String>> repeat(JsonNode step) {
            long first = cache.publisher().sequence();
            String path = step.get("path").asString();
            if (path.equals("/v1/completions")) {
                complete(step);
            } else if (path.equals("/reset_prefix_cache")) {
                assertThat(engine.resetPrefixCache(false, now)).isTrue();
            }
            return messages(first, cache.publisher().sequence());
        }

        /** As in vLLM, prompts and choices after the first one reach the engine when its step is under way. */
        private void complete(JsonNode step) {
            JsonNode prompt = step.get("prompt");
            int choices = step.get("body").path("n").asInt(1);
            List<int[]> prompts = new ArrayList<>();
            if (prompt.get(0).isArray()) {
                prompt.forEach(one -> prompts.add(ids(one)));
            } else {
                IntStream.range(0, choices).forEach(choice -> prompts.add(ids(prompt)));
            }
            for (int[] one : prompts) {
                engine.submit(request(one, step), now);
                advance();
            }
            while (engine.nextEventTime() != Long.MAX_VALUE) {
                advance();
            }
        }

        private void advance() {
            now = engine.nextEventTime();
            engine.advance(now, cache.feed());
        }

        private EngineRequest request(int[] prompt, JsonNode step) {
            JsonNode body = step.get("body");
            int[] output = ids(step.get("generated"));
            int tokens = body.get("max_tokens").asInt();
            String model = body.get("model").asString();
            return new EngineRequest(
                    ++ids,
                    prompt,
                    tokens,
                    tokens,
                    FinishReason.LENGTH,
                    index -> output[index],
                    0,
                    body.path("cache_salt").asString(null),
                    model.equals(MODEL) ? null : model,
                    List.of(),
                    0,
                    false,
                    0);
        }

        private static int[] ids(JsonNode array) {
            return IntStream.range(0, array.size())
                    .map(i -> array.get(i).asInt())
                    .toArray();
        }

        private List<List<String>> messages(long first, long end) {
            Awaitility.await("batches can be replayed")
                    .until(() -> replay.replayedSequences(0).size() == end);
            List<List<String>> messages = new ArrayList<>();
            for (List<byte[]> reply : replay.replayFrom(first).subList(0, (int) (end - first))) {
                int size = reply.size();
                messages.add(List.of(topic, HEX.formatHex(reply.get(size - 2)), HEX.formatHex(reply.get(size - 1))));
            }
            return messages;
        }

        /** Frames of the answers to a replay request, without the payloads. */
        List<List<String>> replayed(long from) {
            return replay.replayFrom(from).stream()
                    .map(reply -> reply.subList(0, reply.size() - 1).stream()
                            .map(HEX::formatHex)
                            .toList())
                    .toList();
        }

        @Override
        public void close() {
            replay.close();
            loop.close();
        }
    }
}
