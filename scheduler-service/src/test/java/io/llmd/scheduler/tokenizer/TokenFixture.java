package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.parser.AnthropicParser;
import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.OpenAiParser;
import io.llmd.scheduler.parser.ParseOutcome;
import io.llmd.scheduler.parser.RequestParsers;
import io.llmd.scheduler.scheduling.RequestBody;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Bodies as the scheduler reads them, and what a listener hears. */
final class TokenFixture implements TokenizationListener {

    private static final RequestParsers PARSERS =
            new RequestParsers(List.of(new OpenAiParser(), new AnthropicParser()), MediaEstimate.DEFAULT, true);

    final List<String> events = Collections.synchronizedList(new ArrayList<>());

    static RequestBody body(String path, String json) {
        RequestBody body = bodyIfAny(path, json);
        if (body == null) {
            throw new IllegalArgumentException(json + " (expected: a body that the scheduler takes)");
        }
        return body;
    }

    /** The body; null when the scheduler refuses it. */
    static @Nullable RequestBody bodyIfAny(String path, String json) {
        ParseOutcome outcome = PARSERS.parse(path, Map.of(), ByteBuffer.wrap(utf8(json)));
        return outcome instanceof ParseOutcome.Parsed parsed ? parsed.body() : null;
    }

    static RequestBody completion(String prompt) {
        return body("/v1/completions", completionJson(prompt));
    }

    static String completionJson(String prompt) {
        return "{\"model\": \"m\", \"prompt\": \"" + prompt + "\"}";
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void ended(String plugin, Outcome outcome, long nanos) {
        events.add(plugin + " " + outcome);
    }

    @Override
    public void lookedUp(String plugin, Store store, int hits, int misses) {
        events.add(store + " " + hits + "/" + (hits + misses));
    }

    @Override
    public void holds(String plugin, Store store, long bytes) {}
}
