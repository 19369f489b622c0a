package io.llmd.scheduler.plugin.source;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.PageSource;
import io.llmd.scheduler.datalayer.PageSource.Pace;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Fetches the page of NVIDIA's DCGM exporter beside every endpoint. */
final class DcgmDataSource {

    /**
     * @param scheme whether TLS is used
     * @param path path of the page
     * @param port port of the exporter
     * @param insecureSkipVerify whether any certificate of the exporter is taken
     * @param useNodeAddress whether the exporter is asked at the address of the endpoint's machine
     * @param interval time between two readings
     */
    record Params(
            @Default("http") Scheme scheme,
            @Default("/metrics") String path,
            @Default("9400") int port,
            @Default("true") boolean insecureSkipVerify,
            @Default("false") boolean useNodeAddress,
            @Nullable Duration interval) {
        Params {
            new PageSource.Settings(
                    path, port, interval, Pace.SLOW, 0, scheme.tls(insecureSkipVerify, null, null, null));
        }

        private PageSource.Settings settings() {
            return new PageSource.Settings(
                    path, port, interval, Pace.SLOW, 0, scheme.tls(insecureSkipVerify, null, null, null));
        }
    }

    private DcgmDataSource() {}

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "dcgm-data-source";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> warnings(Params params) {
            return params.useNodeAddress()
                    ? List.of("useNodeAddress has no effect: exporters are asked at the address of the endpoint")
                    : List.of();
        }

        @Override
        public PageSource create(String name, Params params) {
            return new PageSource(Content.METRICS, params.settings());
        }
    }
}
