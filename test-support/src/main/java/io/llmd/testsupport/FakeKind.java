package io.llmd.testsupport;

import io.llmd.kube.KubeException;
import io.llmd.kube.ObjectList;
import io.llmd.kube.WatchedKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects by name that a test changes, with an API that can fail. Safe from any thread. */
public final class FakeKind<T> implements WatchedKind<T> {

    private final Map<String, T> objects = new LinkedHashMap<>();
    private final List<WatchEvents<T>> watches = new ArrayList<>();
    private int version;
    private int lists;
    private @Nullable KubeException failure;

    @Override
    public String description() {
        return "things";
    }

    @Override
    public synchronized ObjectList<T> list() throws KubeException {
        lists++;
        if (failure != null) {
            throw failure;
        }
        return new ObjectList<>(List.copyOf(objects.values()), String.valueOf(version));
    }

    @Override
    public synchronized Watching watch(String from, WatchEvents<T> events) {
        watches.add(events);
        if (Integer.parseInt(from) < version) {
            events.ended("the version is too old");
        }
        return () -> close(events);
    }

    private synchronized void close(WatchEvents<T> events) {
        watches.remove(events);
    }

    /** Adds or changes an object, and tells of it. */
    public synchronized void put(String name, T object) {
        version++;
        objects.put(name, object);
        List.copyOf(watches).forEach(watch -> watch.changed(object));
    }

    /** Removes an object, and tells of it. */
    public synchronized void remove(String name) {
        version++;
        T object = objects.remove(name);
        if (object != null) {
            List.copyOf(watches).forEach(watch -> watch.removed(object));
        }
    }

    /** Removes an object, and nobody is told. */
    public synchronized void lose(String name) {
        objects.remove(name);
    }

    /** Lets lists fail from now on; null to end that. */
    public synchronized void fail(@Nullable KubeException reason) {
        failure = reason;
    }

    /** Ends all watches. */
    public synchronized void endWatches() {
        List.copyOf(watches).forEach(watch -> watch.ended("the connection broke"));
        watches.clear();
    }

    /** How often all objects were listed. */
    public synchronized int lists() {
        return lists;
    }

    /** Watches that are open. */
    public synchronized int watches() {
        return watches.size();
    }
}
