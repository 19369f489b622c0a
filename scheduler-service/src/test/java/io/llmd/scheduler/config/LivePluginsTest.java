package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.LivePlugin;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginInstance;
import io.llmd.scheduler.scheduling.Plugin;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LivePluginsTest {

    private final List<String> events = new ArrayList<>();
    private final LivePlugins plugins = new LivePlugins(failure -> events.add("failed " + failure.getMessage()));
    private final PluginInstance a = instance("a", new Live("a"));
    private final PluginInstance b = instance("b", new Live("b"));
    private final PluginInstance other = instance("other", new Plugin() {});

    @Test
    void thoseOfTheConfigurationInForceRun() {
        plugins.use(List.of(a, other));
        plugins.use(List.of(a, b, other));
        plugins.use(List.of(b));
        plugins.stop();
        plugins.stop();
        assertThat(events).containsExactly("start a", "start b", "stop a", "stop b");
    }

    @Test
    void anInstanceThatIsMadeAnewIsAnother() {
        plugins.use(List.of(a));
        plugins.use(List.of(instance("a", new Live("new a"))));
        assertThat(events).containsExactly("start a", "start new a", "stop a");
    }

    @Test
    void oneThatFailsStopsNoOther() {
        PluginInstance broken = instance("broken", new LivePlugin() {
            @Override
            public void start() {
                throw new IllegalStateException("no start");
            }

            @Override
            public void stop() {
                throw new IllegalStateException("no stop");
            }
        });
        plugins.use(List.of(broken, a));
        plugins.stop();
        assertThat(events).containsExactlyInAnyOrder("failed no start", "start a", "failed no stop", "stop a");
    }

    private static PluginInstance instance(String name, Plugin plugin) {
        return new PluginInstance(name, "type", new NoParams(), plugin);
    }

    private final class Live implements LivePlugin {
        private final String name;

        Live(String name) {
            this.name = name;
        }

        @Override
        public void start() {
            events.add("start " + name);
        }

        @Override
        public void stop() {
            events.add("stop " + name);
        }
    }
}
