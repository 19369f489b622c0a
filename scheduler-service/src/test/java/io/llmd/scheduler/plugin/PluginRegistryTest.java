package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PluginRegistryTest {

    @Test
    void aTypeThatTwoFactoriesClaimIsRefused() {
        PluginFactory<?> factory = new TestPlugins.ProducerFactory("x", List.of(), List.of(), List.of());
        assertThatThrownBy(() -> new PluginRegistry(List.of(factory, factory)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("plugin type x is claimed by");
    }

    @Test
    void aliasesFindTheFactoryAndAreNoTypes() {
        PluginRegistry registry = new PluginRegistry(TestPlugins.real());
        assertThat(registry.find("by-label-selector")).isSameAs(registry.find("label-selector-filter"));
        assertThat(registry.types()).contains("label-selector-filter").doesNotContain("by-label-selector");
        assertThat(registry.find("ghost")).isNull();
    }
}
