package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.EvictionFilter;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Running requests of negative priority may be ended. */
final class SheddableEvictionFilter implements EvictionFilter {

    @Override
    public boolean isEvictable(int priority) {
        return SHEDDABLE.isEvictable(priority);
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "sheddable-eviction-filter";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public SheddableEvictionFilter create(String name, NoParams params) {
            return new SheddableEvictionFilter();
        }
    }
}
