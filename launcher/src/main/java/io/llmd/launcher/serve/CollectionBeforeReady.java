package io.llmd.launcher.serve;

import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationListener;

/**
 * Collects what the start of a service left, before the service says that it is ready: some 100 ms that clients would wait
 * for otherwise. The JVM then knows how much lives, and sizes the space of new objects for it.
 */
final class CollectionBeforeReady implements ApplicationListener<ApplicationStartedEvent> {

    @Override
    public void onApplicationEvent(ApplicationStartedEvent started) {
        System.gc();
    }
}
