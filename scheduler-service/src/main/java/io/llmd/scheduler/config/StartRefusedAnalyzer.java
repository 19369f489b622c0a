package io.llmd.scheduler.config;

import io.llmd.scheduler.discovery.DiscoveryException;
import io.llmd.scheduler.plugin.ConfigException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Says what is wrong with a configuration that the scheduler refused to start with, without a stack trace. */
public final class StartRefusedAnalyzer implements FailureAnalyzer {

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigException) {
                return new FailureAnalysis(
                        "The scheduling configuration was refused:\n" + cause.getMessage(),
                        "Correct the lines above.",
                        cause);
            }
            if (cause instanceof DiscoveryException) {
                return new FailureAnalysis(
                        "The endpoints were refused:\n" + cause.getMessage(), "Correct the entry above.", cause);
            }
        }
        return null;
    }
}
