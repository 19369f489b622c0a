package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Makes tokens of requests. Safe from any thread between {@link #start} and {@link #close}. */
public interface TokenSource extends AutoCloseable {

    /** Makes ready, in the background where that takes long. */
    void start();

    /** Whether tokens of such a request can be exact. */
    boolean takes(RequestBody body);

    /** Whether equal requests have equal tokens at all times. */
    boolean isStable(RequestBody body);

    /**
     * Makes the tokens. May compute for long, must not wait.
     *
     * @param json the request body
     * @return exact prompts in the order of the request's; none when they would not be exact
     */
    CompletionStage<List<Prompt>> tokenize(RequestBody body, byte[] json);

    /** Gives back threads, connections and native memory. */
    @Override
    void close();
}
