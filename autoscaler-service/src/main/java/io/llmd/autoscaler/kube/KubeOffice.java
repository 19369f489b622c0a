package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llmd.autoscaler.loop.Office;
import io.llmd.kube.FollowedObjects;
import io.llmd.kube.KubeException;
import io.llmd.kube.KubeObjects;
import io.llmd.kube.ObjectListener;
import io.llmd.kube.WatchedKind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what was published in a ConfigMap, which the leader writes and all others show, so that a new leader, or a process that is
 * started anew, goes on with it. A number is {@code published/specified} under the key {@code namespace_name} of its variant; the
 * key {@value #AT} has the time. What is older than some time is none. Until the ConfigMap was read once, nobody leads here.
 *
 * <p>{@link #write} is called by one thread, all else by any.
 */
public final class KubeOffice implements Office, ObjectListener<ConfigMap>, AutoCloseable {

    static final String AT = "at";

    private static final Logger LOG = LoggerFactory.getLogger(KubeOffice.class);
    private static final int NOT_FOUND = 404;

    /** A time that has not changed is written again after this part of the time for which it is good. */
    private static final int REFRESH = 10;

    private record Numbers(Instant at, Map<String, Shared> byVariant) {}

    private final KubeObjects api;
    private final String path;
    private final String name;
    private final BooleanSupplier leadership;
    private final Duration staleAfter;
    private final InstantSource clock;
    private @Nullable FollowedObjects<ConfigMap> following;
    private volatile boolean wasRead;
    private volatile @Nullable Numbers read;
    private volatile @Nullable Numbers own;
    private volatile @Nullable Numbers written;

    /**
     * An office that knows nothing yet.
     *
     * @param namespace namespace of the ConfigMap
     * @param name its name
     * @param leadership whether this process leads
     * @param staleAfter age from which numbers are not shown any more
     */
    public KubeOffice(
            KubeObjects api,
            String namespace,
            String name,
            BooleanSupplier leadership,
            Duration staleAfter,
            InstantSource clock) {
        this.api = api;
        path = "/api/v1/namespaces/" + namespace + "/configmaps";
        this.name = name;
        this.leadership = leadership;
        this.staleAfter = staleAfter;
        this.clock = clock;
    }

    /** Follows the ConfigMap. @param kind ConfigMaps of its name and namespace */
    public void follow(WatchedKind<ConfigMap> kind, Duration resync) {
        following = FollowedObjects.start(kind, resync, this);
    }

    @Override
    public boolean isLeader() {
        return wasRead && leadership.getAsBoolean();
    }

    @Override
    public Map<String, Shared> published() {
        Numbers latest = latest();
        return latest == null ? Map.of() : latest.byVariant();
    }

    @Override
    public boolean isKnown() {
        return latest() != null;
    }

    @Override
    public Duration age() {
        Numbers latest = latest();
        Duration age = latest == null ? Duration.ZERO : Duration.between(latest.at(), clock.instant());
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** What is young enough. Of who does not lead that is what the leader has written, whatever the clocks of the two say. */
    private @Nullable Numbers latest() {
        Numbers mine = own;
        Numbers theirs = read;
        boolean isTheirs =
                mine == null || (theirs != null && (!isLeader() || theirs.at().isAfter(mine.at())));
        Numbers latest = isTheirs ? theirs : mine;
        boolean isYoung =
                latest != null && Duration.between(latest.at(), clock.instant()).compareTo(staleAfter) <= 0;
        return isYoung ? latest : null;
    }

    @Override
    public void publish(Map<String, Shared> numbers) {
        own = new Numbers(clock.instant(), Map.copyOf(numbers));
    }

    /** Writes what was published, where it has changed or was written long ago. */
    public void write() {
        Numbers now = own;
        if (now == null || !isLeader()) {
            return;
        }
        Numbers before = written;
        boolean isFresh = before != null
                && before.byVariant().equals(now.byVariant())
                && Duration.between(before.at(), now.at()).compareTo(staleAfter.dividedBy(REFRESH)) < 0;
        if (isFresh) {
            return;
        }
        Map<String, Object> data = new TreeMap<>();
        Numbers stored = read;
        if (stored != null) {
            stored.byVariant().keySet().forEach(variant -> data.put(key(variant), null));
        }
        if (before != null) {
            before.byVariant().keySet().forEach(variant -> data.put(key(variant), null));
        }
        now.byVariant().forEach((variant, each) -> data.put(key(variant), each.published() + "/" + each.specified()));
        data.put(AT, now.at().toString());
        try {
            put(data);
            written = now;
        } catch (KubeException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("numbers cannot be kept for another leader");
        }
    }

    private void put(Map<String, Object> data) throws KubeException {
        try {
            api.mergePatch(path + "/" + name, Map.of("data", data));
        } catch (KubeException e) {
            if (e.status() != NOT_FOUND) {
                throw e;
            }
            data.values().removeIf(value -> value == null);
            api.create(
                    path,
                    Map.of("apiVersion", "v1", "kind", "ConfigMap", "metadata", Map.of("name", name), "data", data));
        }
    }

    /** Neither names of namespaces nor of objects have an underscore. */
    private static String key(String variant) {
        return variant.replace('/', '_');
    }

    @Override
    public void replaced(List<ConfigMap> all) {
        all.forEach(this::changed);
        wasRead = true;
    }

    @Override
    public void changed(ConfigMap object) {
        Map<String, String> data = object.getData();
        if (!name.equals(object.getMetadata().getName()) || data == null) {
            return;
        }
        Map<String, Shared> numbers = new TreeMap<>();
        try {
            Instant at = Instant.parse(data.getOrDefault(AT, ""));
            data.forEach((key, value) -> {
                if (!key.equals(AT) && value.matches("\\d{1,5}/\\d{1,5}")) {
                    String[] parts = value.split("/", 2);
                    numbers.put(
                            key.replace('_', '/'), new Shared(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
                }
            });
            read = new Numbers(at, numbers);
        } catch (DateTimeParseException e) {
            LOG.atWarn().addKeyValue("name", name).log("kept numbers have no time, and are not used");
        }
    }

    @Override
    public void removed(ConfigMap object) {
        written = null;
    }

    @Override
    public void failed(KubeException reason) {
        LOG.atWarn().addKeyValue("reason", reason.getMessage()).log("numbers of the leader cannot be read");
    }

    @Override
    public void close() {
        FollowedObjects<ConfigMap> open = following;
        if (open != null) {
            open.close();
        }
    }
}
