package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.MediaEstimator;
import io.llmd.scheduler.plugin.LivePlugin;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.PromptTokenizer;
import io.llmd.scheduler.tokenizer.RequestTokenizer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Puts the tokens that an engine or the model's tokenizer makes in place of the estimate. */
final class ExactTokenProducer implements MediaEstimator, PromptTokenizer, LivePlugin {

    private final RequestTokenizer tokenizer;
    private final Duration timeout;
    private final Duration mediaTimeout;

    ExactTokenProducer(RequestTokenizer tokenizer, Duration timeout, Duration mediaTimeout) {
        this.tokenizer = tokenizer;
        this.timeout = timeout;
        this.mediaTimeout = mediaTimeout;
    }

    /** What holds where there are no exact tokens. */
    @Override
    public MediaEstimate mediaEstimate() {
        return MediaEstimate.DEFAULT;
    }

    @Override
    public boolean readsAgain() {
        return true;
    }

    @Override
    public Duration tokenizeTimeout(InferenceRequest request) {
        return request.body().mediaHashes().length > 0 ? mediaTimeout : timeout;
    }

    @Override
    public @Nullable CompletionStage<List<Prompt>> tokenize(InferenceRequest request) {
        return tokenizer.tokenize(request.body(), tokenizeTimeout(request));
    }

    @Override
    public void start() {
        tokenizer.start();
    }

    @Override
    public void stop() {
        tokenizer.close();
    }
}
