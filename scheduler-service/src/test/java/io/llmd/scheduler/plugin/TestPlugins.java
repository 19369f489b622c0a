package io.llmd.scheduler.plugin;

import io.llmd.scheduler.SchedulerApplication;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.MediaIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndexes;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.util.ClassUtils;

/** The plugin types of this package's subpackages, and producers that write nothing. */
public final class TestPlugins {

    private TestPlugins() {}

    /** Factories of the real filters, scorers, pickers and profile handlers, found as the application finds them. */
    static List<PluginFactory<?>> real() {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            String here = TestPlugins.class.getPackageName();
            context.registerBean(EndpointStore.class, () -> new EndpointStore(Duration.ofSeconds(1), () -> 0));
            context.registerBean(InFlightTrackers.class);
            context.scan(
                    here + ".filter",
                    here + ".scorer",
                    here + ".picker",
                    here + ".profile",
                    here + ".admitter",
                    here + ".decider",
                    here + ".flowcontrol",
                    here + ".source",
                    here + ".extractor",
                    here + ".parser");
            context.refresh();
            List<PluginFactory<?>> factories = new ArrayList<>();
            context.getBeansOfType(PluginFactory.class).values().forEach(factories::add);
            return factories;
        }
    }

    /** Factories of everything that a configuration can name, found as the application finds them, over an empty pool. */
    static PluginRegistry registered() {
        return registered(
                new EndpointStore(Duration.ofSeconds(1), () -> 0),
                LatencyPredictor.NONE,
                (delay, task) -> {},
                (request, namespace, name, value) -> {});
    }

    /** The same over a pool and with a predictor, a timer and a listener of the test. */
    public static PluginRegistry registered(
            EndpointStore store, LatencyPredictor predictor, PluginTimer timer, ResponseAttributes attributes) {
        return registered(store, new EngineIndexes(store, System::nanoTime), predictor, timer, attributes);
    }

    /** The same with indexes of the test. */
    static PluginRegistry registered(
            EndpointStore store,
            EngineIndexes indexes,
            LatencyPredictor predictor,
            PluginTimer timer,
            ResponseAttributes attributes) {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.registerBean(EndpointStore.class, () -> store);
            context.registerBean(InFlightTrackers.class);
            context.registerBean(MediaIndexes.class);
            context.registerBean(LatencyPredictor.class, () -> predictor);
            context.registerBean(
                    OnlineLatencyPredictors.class,
                    () -> new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, () -> 0));
            context.registerBean(PluginTimer.class, () -> timer);
            context.registerBean(ResponseAttributes.class, () -> attributes);
            context.registerBean(PrefixIndexes.class);
            context.registerBean(EngineIndexes.class, () -> indexes);
            context.registerBean(PrefixClaims.class, () -> new PrefixClaims((endpoint, claimed, reported) -> {}));
            new ClassPathScanningCandidateComponentProvider(true)
                    .findCandidateComponents(SchedulerApplication.class.getPackageName()).stream()
                            .map(component -> ClassUtils.resolveClassName(
                                    String.valueOf(component.getBeanClassName()), TestPlugins.class.getClassLoader()))
                            .filter(PluginFactory.class::isAssignableFrom)
                            .forEach(type -> context.registerBean(type));
            context.refresh();
            List<PluginFactory<?>> factories = new ArrayList<>();
            context.getBeansOfType(PluginFactory.class).values().forEach(factories::add);
            return new PluginRegistry(factories);
        }
    }

    /** The real ones and fake default producers. */
    static List<PluginFactory<?>> all() {
        List<PluginFactory<?>> factories = real();
        factories.add(new ProducerFactory(
                DataKeys.APPROX_PREFIX_PRODUCER, List.of(DataKeys.prefixMatches("")), List.of(), List.of()));
        factories.add(new ProducerFactory(
                DataKeys.IN_FLIGHT_PRODUCER,
                List.of(DataKeys.inFlightLoads(""), DataKeys.uncachedTokens("")),
                List.of(),
                List.of(DataKeys.prefixMatches(""))));
        return factories;
    }

    static EndpointPickerConfigLoader loader() {
        return new EndpointPickerConfigLoader(new PluginRegistry(all()), false);
    }

    /** Makes producers; the produced keys carry the instance's name. */
    record ProducerFactory(String type, List<DataKey<?>> produces, List<DataKey<?>> requires, List<DataKey<?>> reads)
            implements PluginFactory<ProducerParams> {

        @Override
        public Class<ProducerParams> paramsType() {
            return ProducerParams.class;
        }

        @Override
        public DataProducer create(String name, ProducerParams params) {
            List<DataKey<?>> keys = new ArrayList<>();
            produces.forEach(key -> keys.add(new DataKey<>(key.type(), name, key.valueType())));
            return new Producer(keys, requires, reads);
        }
    }

    record ProducerParams(@Default("64") int blockSizeTokens) {}

    private record Producer(List<DataKey<?>> produces, List<DataKey<?>> requires, List<DataKey<?>> reads)
            implements DataProducer {
        @Override
        public void produce(InferenceRequest request, Candidates candidates) {}
    }
}
