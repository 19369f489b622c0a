package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Script;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes out the outputs of one request as long as they come to no more than {@value #MOST_TOKENS} tokens together,
 * which are made before the engine computes anything.
 */
final class BoundedSource implements OutputSource {
    static final int MOST_TOKENS = 4_000_000;

    private final OutputSource source;
    private final AtomicLong tokens = new AtomicLong();

    BoundedSource(OutputSource source) {
        this.source = source;
    }

    /** @throws ApiException if it is too much */
    @Override
    public @Nullable Script script(long key, int length, boolean endsItself) {
        Script script = source.script(key, length, endsItself);
        if (script != null && tokens.addAndGet(script.tokens().length) > MOST_TOKENS) {
            throw ApiException.badRequest(
                    "n and the prompts ask for more than " + MOST_TOKENS
                            + " tokens of output whose form is given, which are more than the simulator makes.",
                    "n");
        }
        return script;
    }
}
