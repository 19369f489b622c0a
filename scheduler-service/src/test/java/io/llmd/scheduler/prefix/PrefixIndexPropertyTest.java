package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The index against a set of whole prefixes that forgets its least recently used one. */
class PrefixIndexPropertyTest {

    private static final int BLOCK_TOKENS = 64;
    private static final String ENDPOINT = "ns/a";

    @Property(tries = 200)
    void matchesAreTheLeadingBlocksThatAnLruOfPrefixesHolds(
            @ForAll @Size(min = 1, max = 40)
                    List<@Size(min = 1, max = 8) List<@IntRange(min = 1, max = 3) Integer>> prompts,
            @ForAll @IntRange(min = 1, max = 30) int capacity) {
        PrefixIndex index = new PrefixIndex();
        index.added(new EndpointMetadata(ENDPOINT, "a", "10.0.0.1", 1, 1, Map.of(), 0));
        LinkedHashSet<List<Integer>> model = new LinkedHashSet<>();
        for (List<Integer> prompt : prompts) {
            PromptHashes hashes = new PromptHashes(request(prompt), 0, 0);
            assertThat(index.matchedBlocks(ENDPOINT, hashes, BLOCK_TOKENS)).isEqualTo(held(model, prompt));
            index.learn(ENDPOINT, hashes, BLOCK_TOKENS, capacity);
            learn(model, prompt, capacity);
            assertThat(index.size(ENDPOINT)).isEqualTo(model.size());
        }
    }

    private static int held(LinkedHashSet<List<Integer>> model, List<Integer> prompt) {
        int held = 0;
        while (held < prompt.size() && model.contains(prompt.subList(0, held + 1))) {
            held++;
        }
        return held;
    }

    private static void learn(LinkedHashSet<List<Integer>> model, List<Integer> prompt, int capacity) {
        for (int length = Math.min(prompt.size(), capacity); length > 0; length--) {
            List<Integer> prefix = new ArrayList<>(prompt.subList(0, length));
            model.remove(prefix);
            model.add(prefix);
            while (model.size() > capacity) {
                model.remove(model.iterator().next());
            }
        }
    }

    /** One block per element, filled with its value. */
    private static InferenceRequest request(List<Integer> blocks) {
        byte[] bytes = new byte[blocks.size() * BLOCK_TOKENS * Prompt.TOKEN_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = blocks.get(i / (BLOCK_TOKENS * Prompt.TOKEN_BYTES)).byteValue();
        }
        RequestBody body = new RequestBody(
                Api.COMPLETIONS, "m", false, -1, List.of(new Prompt(bytes, bytes.length)), "", bytes.length);
        return new InferenceRequest("r", "m", body, Map.of(), 0, "f", 0, new SplittableRandom(1));
    }
}
