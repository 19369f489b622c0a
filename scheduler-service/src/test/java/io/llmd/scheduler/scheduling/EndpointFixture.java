package io.llmd.scheduler.scheduling;

import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Endpoints and requests for tests of plugins. */
public final class EndpointFixture {

    private EndpointFixture() {}

    /** A fresh endpoint named {@code ns/name}. */
    public static Endpoint endpoint(String name, int waiting, int running, double kvUsage) {
        return new Endpoint(metadata(name, Map.of()), metrics(waiting, running, kvUsage), true);
    }

    /** The same endpoint with a reading that is too old. */
    public static Endpoint stale(Endpoint endpoint) {
        return new Endpoint(endpoint.metadata(), endpoint.metrics(), false);
    }

    /** An endpoint that was never scraped. */
    public static Endpoint unscraped(String name) {
        return new Endpoint(metadata(name, Map.of()), EndpointMetrics.UNKNOWN, false);
    }

    /** An idle endpoint with labels. */
    public static Endpoint labelled(String name, Map<String, String> labels) {
        return new Endpoint(metadata(name, labels), metrics(0, 0, 0), true);
    }

    /** An endpoint with LoRA adapters, each of which one request uses. */
    public static Endpoint withAdapters(String name, Set<String> active, Set<String> waiting, int maxActive) {
        EndpointMetrics metrics =
                new EndpointMetrics(0, 0, 0, 16, 1000, oneRequestEach(active), oneRequestEach(waiting), maxActive, 1);
        return new Endpoint(metadata(name, Map.of()), metrics, true);
    }

    private static Map<String, Integer> oneRequestEach(Set<String> adapters) {
        return adapters.stream().collect(Collectors.toMap(Function.identity(), adapter -> 1));
    }

    /** Idle endpoints by name. */
    public static Candidates idle(String... names) {
        return Candidates.of(
                Stream.of(names).map(name -> endpoint(name, 0, 0, 0)).toList());
    }

    private static EndpointMetadata metadata(String name, Map<String, String> labels) {
        return new EndpointMetadata("ns/" + name, name, "127.0.0.1", 8000, 8000, labels, 0);
    }

    private static EndpointMetrics metrics(int waiting, int running, double kvUsage) {
        return new EndpointMetrics(running, waiting, kvUsage, 16, 1000, Map.of(), Map.of(), 0, 1);
    }

    /** A request without headers and with seeded randomness. */
    public static InferenceRequest request() {
        return request(Map.of(), 0);
    }

    /** A request with headers that arrives at {@code nanos}. */
    public static InferenceRequest request(Map<String, String> headers, long nanos) {
        return request(headers, nanos, new SplittableRandom(42));
    }

    /** A request with a source of randomness. */
    public static InferenceRequest request(RandomGenerator random) {
        return request(Map.of(), 0, random);
    }

    /** A request for a model with a prompt of so many tokens, all 0. */
    public static InferenceRequest request(String model, int promptTokens) {
        Prompt prompt = new Prompt(new byte[promptTokens * Prompt.TOKEN_BYTES], promptTokens * Prompt.TOKEN_BYTES);
        RequestBody body = new RequestBody(Api.CHAT_COMPLETIONS, model, false, -1, List.of(prompt), "", 0);
        return new InferenceRequest("r-1", model, body, Map.of(), 0, "default-flow", 0, new SplittableRandom(42));
    }

    /** A request with media of these hashes. */
    public static InferenceRequest requestWithMedia(long... hashes) {
        RequestBody body = new RequestBody(Api.CHAT_COMPLETIONS, "m", false, -1, List.of(), "", 0, hashes);
        return new InferenceRequest("r-1", "m", body, Map.of(), 0, "default-flow", 0, new SplittableRandom(42));
    }

    private static InferenceRequest request(Map<String, String> headers, long nanos, RandomGenerator random) {
        RequestBody body = new RequestBody(Api.CHAT_COMPLETIONS, "m", false, -1, List.of(), "", 0);
        return new InferenceRequest("r-1", "m", body, headers, 0, "default-flow", nanos, random);
    }

    /** Runs a scorer over zeroed scores. */
    public static double[] score(Scorer scorer, Candidates candidates) {
        return score(scorer, request(), candidates);
    }

    /** Runs a scorer for a request. */
    public static double[] score(Scorer scorer, InferenceRequest request, Candidates candidates) {
        double[] scores = new double[candidates.size()];
        scorer.score(request, candidates, scores);
        return scores;
    }

    /** Names of candidates, in order. */
    public static List<String> names(Candidates candidates) {
        return java.util.stream.IntStream.range(0, candidates.size())
                .mapToObj(i -> candidates.get(i).metadata().name())
                .toList();
    }
}
