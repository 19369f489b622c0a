package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Requests and endpoints for tests of producers. */
final class ProducerFixture {

    private ProducerFixture() {}

    static EndpointMetadata metadata(String name) {
        return new EndpointMetadata("ns/" + name, name, "10.0.0.1", 8000, 8000, Map.of(), 0);
    }

    static Endpoint endpoint(String name, int blockTokens, int blocks) {
        EndpointMetrics metrics = new EndpointMetrics(0, 0, 0, blockTokens, blocks, Map.of(), Map.of(), 0, 1);
        return new Endpoint(metadata(name), metrics, true);
    }

    static InferenceRequest request(String model, String salt, int maxOutput, Prompt... prompts) {
        RequestBody body = new RequestBody(Api.COMPLETIONS, model, false, maxOutput, List.of(prompts), salt, 0);
        return new InferenceRequest("r", model, body, Map.of(), 0, "f", 0, new SplittableRandom(1));
    }

    /** {@code tokens} tokens, all different from those of another {@code seed}. */
    static Prompt prompt(int tokens, int seed) {
        byte[] bytes = new byte[tokens * 4];
        for (int i = 0; i < tokens; i++) {
            bytes[4 * i] = (byte) i;
            bytes[4 * i + 1] = (byte) (i >> 8);
            bytes[4 * i + 3] = (byte) seed;
        }
        return new Prompt(bytes, bytes.length);
    }

    /** The first {@code common} tokens of one prompt, then those of another. */
    static Prompt joined(Prompt first, int common, Prompt second) {
        byte[] bytes = second.bytes().clone();
        System.arraycopy(first.bytes(), 0, bytes, 0, common * 4);
        return new Prompt(bytes, bytes.length);
    }

    static Picked picked(Candidates candidates, int slot) {
        return new Picked(List.of(candidates.atSlot(slot)), List.of(slot));
    }

    static Scheduled decode(Candidates candidates, int slot) {
        return new Scheduled("decode", Map.of("decode", picked(candidates, slot)));
    }

    static Scheduled prefillAndDecode(Candidates candidates, int prefillSlot, int decodeSlot) {
        return new Scheduled(
                "decode", Map.of("decode", picked(candidates, decodeSlot), "prefill", picked(candidates, prefillSlot)));
    }
}
