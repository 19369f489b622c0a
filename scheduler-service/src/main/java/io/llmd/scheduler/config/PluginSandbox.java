package io.llmd.scheduler.config;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginRegistry;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.MediaIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndexes;
import java.util.List;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * All plugin types over a pool of their own, so that what they learn, count and register is gone with it. Whatever else
 * they need is that of the service.
 */
final class PluginSandbox implements AutoCloseable {

    private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    private final EndpointPickerConfigLoader loader;

    /** A sandbox over {@code store}, with the plugin types of {@code service}. */
    PluginSandbox(ApplicationContext service, EndpointStore store, boolean allowExperimentalPlugins) {
        context.setParent(service);
        // Under the names that they have in the service, so that they stand in front of its own.
        context.registerBean("endpointStore", EndpointStore.class, () -> store);
        context.registerBean("inFlightTrackers", InFlightTrackers.class);
        context.registerBean("prefixIndexes", PrefixIndexes.class);
        context.registerBean("mediaIndexes", MediaIndexes.class);
        context.registerBean("pluginEvents", PluginEvents.class, () -> PluginEvents.NONE);
        context.registerBean(
                "prefixClaims", PrefixClaims.class, () -> new PrefixClaims((endpoint, claimed, reported) -> {}));
        context.registerBean("engineIndexes", EngineIndexes.class, () -> new EngineIndexes(store, System::nanoTime));
        service.getBeansOfType(PluginFactory.class)
                .values()
                .forEach(factory -> context.registerBean(factory.getClass()));
        context.refresh();
        List<PluginFactory<?>> factories = context.getBeansOfType(PluginFactory.class).values().stream()
                .<PluginFactory<?>>map(factory -> factory)
                .toList();
        loader = new EndpointPickerConfigLoader(new PluginRegistry(factories), allowExperimentalPlugins);
    }

    /** Loads a configuration. @throws io.llmd.scheduler.plugin.ConfigException when it is refused */
    LoadResult.Loaded load(String configuration, String name) {
        return loader.load(configuration, name).orThrow();
    }

    InFlightTrackers trackers() {
        return context.getBean(InFlightTrackers.class);
    }

    @Override
    public void close() {
        context.close();
    }
}
