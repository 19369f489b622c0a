package io.llmd.scheduler.plugin.source;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.DataSource;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/**
 * Tells extractors of endpoints that come and go. Their metadata reach every decision with the endpoint, so that nothing
 * has to be handed over.
 */
final class EndpointNotificationSource implements DataSource {

    @Override
    public Content delivers() {
        return Content.ENDPOINT_EVENTS;
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "endpoint-notification-source";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public DataSource create(String name, NoParams params) {
            return new EndpointNotificationSource();
        }
    }
}
