package io.llmd.scheduler.plugin.source;

import io.llmd.scheduler.datalayer.DataSource;
import io.llmd.scheduler.datalayer.ObjectSource;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Watches one kind of Kubernetes objects for extractors. */
final class K8sNotificationSource {

    /**
     * @param group API group, empty for the core group
     * @param version API version
     * @param kind kind of object
     */
    record Params(@Default("") String group, String version, String kind) {
        Params {
            new ObjectSource(group, version, kind);
        }
    }

    private K8sNotificationSource() {}

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "k8s-notification-source";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public DataSource create(String name, Params params) {
            return new ObjectSource(params.group(), params.version(), params.kind());
        }
    }
}
