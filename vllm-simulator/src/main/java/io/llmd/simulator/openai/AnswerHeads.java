package io.llmd.simulator.openai;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.ContentHash;
import io.llmd.simulator.token.Tokenizer;

/** Makes the heads of answers. */
public final class AnswerHeads {
    private final Tokenizer tokenizer;
    private final String fingerprint;
    private final boolean details;
    private final boolean reasoning;
    private final int createdBlockTokens;
    private final boolean before30;

    public AnswerHeads(SimulatorSettings settings, Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        fingerprint = fingerprint(settings);
        details = settings.promptTokensDetails();
        reasoning = settings.answers().reasoning();
        before30 = !settings.preset().isAtLeast(30);
        createdBlockTokens =
                settings.engine().prefixCaching() ? settings.engine().blockTokens() : 0;
    }

    private static String fingerprint(SimulatorSettings settings) {
        int tensorParallel =
                settings.deployment() == null ? 1 : settings.deployment().tensorParallel();
        int hash = Long.hashCode(ContentHash.of(settings.model() + settings.seed()));
        return "vllm-" + settings.version() + (tensorParallel > 1 ? "-tp" + tensorParallel : "") + "-"
                + String.format("%08x", hash);
    }

    /** Of an answer to a chat request. */
    public AnswerHead chat(String id, long created, ChatRequest request) {
        return head(id, created, request.model(), request.sampling(), chatUsage(), request.logprobs());
    }

    /** What answers to chat requests tell about their tokens. */
    public UsageRules chatUsage() {
        return new UsageRules(details, createdBlockTokens, reasoning, before30);
    }

    /** What other answers tell about their tokens. */
    public UsageRules usage() {
        return new UsageRules(details, 0, false, before30);
    }

    /** Of an answer to any request. */
    public AnswerHead head(
            String id, long created, String model, Sampling sampling, UsageRules usage, LogprobOptions logprobs) {
        return new AnswerHead(
                id, created, model, fingerprint, sampling, usage, logprobs, new Logprobs(tokenizer, logprobs));
    }
}
