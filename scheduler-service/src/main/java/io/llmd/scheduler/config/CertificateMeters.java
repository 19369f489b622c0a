package io.llmd.scheduler.config;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Shows when a certificate ends that is no SSL bundle of Spring's, by the meter and tags of those that are. */
final class CertificateMeters {

    private CertificateMeters() {}

    /** @param end of the certificate that is shown now; without one there is no meter */
    static void watch(MeterRegistry registry, String bundle, Supplier<Optional<Instant>> end) {
        if (end.get().isPresent()) {
            TimeGauge.builder(
                            "ssl.chain.expiry",
                            () -> end.get()
                                    .map(at ->
                                            Duration.between(Instant.now(), at).toSeconds())
                                    .orElse(0L),
                            TimeUnit.SECONDS)
                    .tags("bundle", bundle, "chain", "serving", "certificate", "first to end")
                    .register(registry);
        }
    }
}
