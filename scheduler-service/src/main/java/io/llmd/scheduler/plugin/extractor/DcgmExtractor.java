package io.llmd.scheduler.plugin.extractor;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.GpuUtilizationReader;
import io.llmd.scheduler.datalayer.PageExtractor;
import io.llmd.scheduler.datalayer.PageReader;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Reads how busy the GPUs of an endpoint are. */
final class DcgmExtractor implements PageExtractor, DataProducer {

    private final StoredNumbers numbers;
    private final List<String> keys;

    DcgmExtractor(String name) {
        Set<String> producers = StoredNumbers.producers(name, DataKeys.GPU_PRODUCER);
        numbers = new StoredNumbers(List.of(DataKeys.gpuUtilization("").type()), producers);
        keys = numbers.keys().stream().map(DataKey::toString).toList();
    }

    @Override
    public Set<Content> understands() {
        return Set.of(Content.METRICS);
    }

    @Override
    public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
        return new GpuUtilizationReader(endpoint.name(), keys);
    }

    @Override
    public List<DataKey<?>> produces() {
        return numbers.keys();
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        numbers.produce(candidates);
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return DataKeys.GPU_PRODUCER;
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public DcgmExtractor create(String name, NoParams params) {
            return new DcgmExtractor(name);
        }
    }
}
