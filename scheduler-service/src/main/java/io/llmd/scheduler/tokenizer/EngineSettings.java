package io.llmd.scheduler.tokenizer;

import java.net.URI;
import java.time.Duration;
import java.util.Objects;

/**
 * The engine that is asked for tokens.
 *
 * @param url its address, without path
 * @param model name that it serves the base model under; adapters have the same tokens
 * @param timeout bound of a call
 * @param mediaTimeout bound of a call with media
 */
public record EngineSettings(URI url, String model, Duration timeout, Duration mediaTimeout) {
    public EngineSettings {
        Objects.requireNonNull(url, "url");
        Objects.requireNonNull(model, "model");
        if (!timeout.isPositive() || !mediaTimeout.isPositive()) {
            throw new IllegalArgumentException(
                    "timeout: " + timeout + ", mediaTimeout: " + mediaTimeout + " (expected: > 0)");
        }
    }
}
