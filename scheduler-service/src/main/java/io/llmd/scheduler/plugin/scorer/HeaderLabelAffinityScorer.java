package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Locale;
import org.springframework.stereotype.Component;

/** Scores endpoints whose label has the value of a request header 1 and all others 0. O(n), no allocation. */
final class HeaderLabelAffinityScorer implements Scorer {

    /**
     * @param headerName request header
     * @param labelKey label that is compared with it
     */
    record Params(String headerName, String labelKey) {
        Params {
            if (headerName.isEmpty()) {
                throw new IllegalArgumentException("headerName: \"\" (expected: a header name)");
            }
            if (labelKey.isEmpty()) {
                throw new IllegalArgumentException("labelKey: \"\" (expected: a label name)");
            }
            headerName = headerName.toLowerCase(Locale.ROOT);
        }
    }

    private final Params params;

    HeaderLabelAffinityScorer(Params params) {
        this.params = params;
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        String wanted = request.header(params.headerName());
        if (wanted == null || wanted.isEmpty()) {
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            String value = candidates.get(i).metadata().labels().get(params.labelKey());
            scores[i] = wanted.equals(value) ? 1.0 : 0.0;
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "header-label-affinity-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new HeaderLabelAffinityScorer(params);
        }
    }
}
