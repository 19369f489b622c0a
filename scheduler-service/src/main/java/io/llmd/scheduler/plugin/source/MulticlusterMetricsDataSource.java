package io.llmd.scheduler.plugin.source;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.PageSource;
import io.llmd.scheduler.datalayer.PageSource.Pace;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Fetches the metrics page of the scheduler of every endpoint that is a cluster. That page crosses a border, so it is checked and bounded. */
final class MulticlusterMetricsDataSource {

    /**
     * @param scheme whether TLS is used
     * @param path path of the page
     * @param insecureSkipVerify whether any certificate of the endpoint is taken
     * @param caCertPath PEM file with the authorities that are trusted instead of the JDK's
     * @param clientCertPath PEM file with this scheduler's certificate
     * @param clientKeyPath PEM file with its key
     * @param interval time between two readings
     */
    record Params(
            @Default("https") Scheme scheme,
            @Default("/metrics") String path,
            @Default("false") boolean insecureSkipVerify,
            @Nullable String caCertPath,
            @Nullable String clientCertPath,
            @Nullable String clientKeyPath,
            @Nullable Duration interval) {
        Params {
            new PageSource.Settings(
                    path,
                    null,
                    interval,
                    Pace.LOAD,
                    8 << 20,
                    scheme.tls(insecureSkipVerify, caCertPath, clientCertPath, clientKeyPath));
        }

        private PageSource.Settings settings() {
            return new PageSource.Settings(
                    path,
                    null,
                    interval,
                    Pace.LOAD,
                    8 << 20,
                    scheme.tls(insecureSkipVerify, caCertPath, clientCertPath, clientKeyPath));
        }
    }

    private MulticlusterMetricsDataSource() {}

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "multicluster-metrics-data-source";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public PageSource create(String name, Params params) {
            return new PageSource(Content.METRICS, params.settings());
        }
    }
}
