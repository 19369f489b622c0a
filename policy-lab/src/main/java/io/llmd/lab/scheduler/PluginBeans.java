package io.llmd.lab.scheduler;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginRegistry;
import io.llmd.scheduler.plugin.PluginTimer;
import io.llmd.scheduler.plugin.ResponseAttributes;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.MediaIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndexes;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.util.ClassUtils;

/** All plugin types of the scheduler, found as it finds them, over the pool of one run. */
final class PluginBeans implements AutoCloseable {

    private static final String PACKAGE = "io.llmd.scheduler";

    /** Found once: looking through the classes takes longer than a short run. */
    private static final Set<Class<?>> FACTORIES = factoryClasses();

    private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

    PluginBeans(
            EndpointStore store,
            EngineIndexes engines,
            PluginTimer timer,
            LatencyEvents latencies,
            LongSupplier nanoClock) {
        context.registerBean(EndpointStore.class, () -> store);
        context.registerBean(EngineIndexes.class, () -> engines);
        context.registerBean(PluginTimer.class, () -> timer);
        context.registerBean(InFlightTrackers.class);
        context.registerBean(PrefixIndexes.class);
        context.registerBean(MediaIndexes.class);
        context.registerBean(PrefixClaims.class, () -> new PrefixClaims((endpoint, claimed, reported) -> {}));
        context.registerBean(LatencyPredictor.class, () -> LatencyPredictor.NONE);
        // Learning takes no time of the simulation, so that equal seeds give equal runs.
        context.registerBean(
                OnlineLatencyPredictors.class, () -> new OnlineLatencyPredictors(Runnable::run, latencies, nanoClock));
        context.registerBean(ResponseAttributes.class, () -> (request, namespace, name, value) -> {});
        FACTORIES.forEach(type -> context.registerBean(type));
        context.refresh();
    }

    private static Set<Class<?>> factoryClasses() {
        ClassPathScanningCandidateComponentProvider scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AssignableTypeFilter(PluginFactory.class));
        return scanner.findCandidateComponents(PACKAGE).stream()
                .map(BeanDefinition::getBeanClassName)
                .map(name -> ClassUtils.resolveClassName(String.valueOf(name), PluginBeans.class.getClassLoader()))
                .collect(Collectors.toSet());
    }

    /** Loads a configuration. @throws io.llmd.scheduler.plugin.ConfigException when it is refused */
    LoadResult.Loaded load(String configuration, String name) {
        List<PluginFactory<?>> factories = context.getBeansOfType(PluginFactory.class).values().stream()
                .<PluginFactory<?>>map(factory -> factory)
                .toList();
        return new EndpointPickerConfigLoader(new PluginRegistry(factories), true)
                .load(configuration, name)
                .orThrow();
    }

    InFlightTrackers trackers() {
        return context.getBean(InFlightTrackers.class);
    }

    @Override
    public void close() {
        context.close();
    }
}
