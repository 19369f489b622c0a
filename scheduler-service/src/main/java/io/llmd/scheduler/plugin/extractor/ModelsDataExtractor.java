package io.llmd.scheduler.plugin.extractor;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.ModelListReader;
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
import io.llmd.scheduler.scheduling.ServedModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Reads which models endpoints serve. */
final class ModelsDataExtractor implements PageExtractor, DataProducer {

    private final List<DataKey<ServedModels>> columns;
    private final List<String> keys;

    ModelsDataExtractor(String name) {
        columns = StoredNumbers.producers(name, DataKeys.MODELS_PRODUCER).stream()
                .map(DataKeys::servedModels)
                .toList();
        keys = columns.stream().map(DataKey::toString).toList();
    }

    @Override
    public Set<Content> understands() {
        return Set.of(Content.MODELS);
    }

    @Override
    public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
        return new ModelListReader(keys);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.copyOf(columns);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        List<List<String>> models = new ArrayList<>(candidates.slotCount());
        for (int slot = 0; slot < candidates.slotCount(); slot++) {
            models.add(names(candidates.atSlot(slot).attributes().get(keys.getFirst(), List.class)));
        }
        ServedModels served = new ServedModels(models);
        columns.forEach(column -> candidates.put(column, served));
    }

    private static List<String> names(@Nullable List<?> stored) {
        return stored == null
                ? List.of()
                : stored.stream().map(String.class::cast).toList();
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return DataKeys.MODELS_PRODUCER;
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public ModelsDataExtractor create(String name, NoParams params) {
            return new ModelsDataExtractor(name);
        }
    }
}
