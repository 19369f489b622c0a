package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.Plugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/** Measures with several detectors; the fullest measurement counts. */
final class CompositeDetector implements SaturationDetector {

    /** @param detectors names of other detectors, at least one */
    record Params(List<String> detectors) {
        Params {
            detectors = List.copyOf(detectors);
            if (detectors.isEmpty()) {
                throw new IllegalArgumentException("detectors: [] (expected: at least one)");
            }
        }
    }

    private final String name;
    private final SaturationDetector[] detectors;

    CompositeDetector(String name, List<SaturationDetector> detectors) {
        this.name = name;
        this.detectors = detectors.toArray(SaturationDetector[]::new);
    }

    @Override
    public Saturation measure(Endpoint[] endpoints) {
        double value = 0;
        int stale = 0;
        long validFor = Long.MAX_VALUE;
        for (SaturationDetector detector : detectors) {
            Saturation saturation = detector.measure(endpoints);
            value = Math.max(value, saturation.value());
            stale = Math.max(stale, saturation.staleEndpoints());
            validFor = Math.min(validFor, saturation.validForNanos());
        }
        return new Saturation(value, stale, validFor);
    }

    @Override
    public double share(Endpoint[] endpoints, long promptTokens) {
        double share = 0;
        for (SaturationDetector detector : detectors) {
            share = Math.max(share, detector.share(endpoints, promptTokens));
        }
        return share;
    }

    /** The slower of the signals, so that none is believed before it can know. */
    @Override
    public Signal signal() {
        for (SaturationDetector detector : detectors) {
            if (detector.signal() == Signal.READ) {
                return Signal.READ;
            }
        }
        return Signal.COUNTED;
    }

    @Override
    public long version() {
        long version = 0;
        for (SaturationDetector detector : detectors) {
            version = 31 * version + detector.version();
        }
        return version;
    }

    @Override
    public String name() {
        return name;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "composite-detector";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> references(Params params) {
            return params.detectors();
        }

        @Override
        public CompositeDetector create(String name, Params params) {
            return create(name, params, Map.of());
        }

        @Override
        public CompositeDetector create(String name, Params params, Map<String, Plugin> referenced) {
            List<SaturationDetector> detectors = new ArrayList<>();
            for (String reference : params.detectors()) {
                if (!(referenced.get(reference) instanceof SaturationDetector detector)) {
                    throw new IllegalArgumentException(
                            "detectors: " + reference + " (expected: names of saturation detectors)");
                }
                detectors.add(detector);
            }
            return new CompositeDetector(name, detectors);
        }
    }
}
