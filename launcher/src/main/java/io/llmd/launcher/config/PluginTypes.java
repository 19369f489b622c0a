package io.llmd.launcher.config;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginTimer;
import io.llmd.scheduler.plugin.ResponseAttributes;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.MediaIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndexes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.util.ClassUtils;

/** The plugin types of this build, found as the scheduler finds them, over an empty pool. */
final class PluginTypes implements AutoCloseable {

    private static final String PACKAGE = "io.llmd.scheduler";

    private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

    PluginTypes() {
        context.registerBean(EndpointStore.class, () -> new EndpointStore(Duration.ofSeconds(1), System::nanoTime));
        context.registerBean(InFlightTrackers.class);
        context.registerBean(PrefixIndexes.class);
        context.registerBean(MediaIndexes.class);
        context.registerBean(
                EngineIndexes.class, () -> new EngineIndexes(context.getBean(EndpointStore.class), System::nanoTime));
        context.registerBean(PrefixClaims.class, () -> new PrefixClaims((endpoint, claimed, reported) -> {}));
        context.registerBean(LatencyPredictor.class, () -> LatencyPredictor.NONE);
        context.registerBean(
                OnlineLatencyPredictors.class,
                () -> new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, System::nanoTime));
        context.registerBean(PluginTimer.class, () -> (delay, task) -> {});
        context.registerBean(ResponseAttributes.class, () -> (request, namespace, name, value) -> {});
        factoryClasses().forEach(type -> context.registerBean(type));
        context.refresh();
    }

    private static Set<Class<?>> factoryClasses() {
        ClassPathScanningCandidateComponentProvider scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AssignableTypeFilter(PluginFactory.class));
        return scanner.findCandidateComponents(PACKAGE).stream()
                .map(BeanDefinition::getBeanClassName)
                .map(name -> ClassUtils.resolveClassName(String.valueOf(name), PluginTypes.class.getClassLoader()))
                .collect(Collectors.toSet());
    }

    List<PluginFactory<?>> factories() {
        return context.getBeansOfType(PluginFactory.class).values().stream()
                .<PluginFactory<?>>map(factory -> factory)
                .toList();
    }

    @Override
    public void close() {
        context.close();
    }
}
