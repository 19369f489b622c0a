package io.llmd.autoscaler.kube;

import io.llmd.kube.KubeException;
import io.llmd.kube.KubeObjects;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that this controller scales a target, and learns which others do.
 *
 * <p>Claims of a target are annotations of one Lease beside it, one annotation for each controller with the time until which it
 * holds. Each adds its own by a merge patch, whose answer has those of all, so that two controllers that begin together both see
 * the other: nobody wins, and both leave the target alone. A controller that is gone is forgotten when its time is over. The target
 * itself is not annotated: that would take the right to change it, with all that it runs. {@link #renew} is called by one thread.
 */
public final class Claims {

    private static final Logger LOG = LoggerFactory.getLogger(Claims.class);
    private static final String PREFIX = "claim.autoscaler.llmd.io/";
    private static final int NOT_FOUND = 404;
    private static final int LONGEST = 63;

    private final KubeObjects api;
    private final String instance;
    private final Duration ttl;
    private final InstantSource clock;
    private final Map<String, String> conflicts = new ConcurrentHashMap<>();
    private final Map<String, Instant> claimed = new ConcurrentHashMap<>();

    /**
     * Claims of one controller.
     *
     * @param instance its name, see {@link #identity}; replicas of one controller have the same
     * @param ttl for how long a claim holds that is not renewed; clocks of machines may differ by much less
     */
    public Claims(KubeObjects api, String instance, Duration ttl, InstantSource clock) {
        if (!instance.matches("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")) {
            throw new IllegalArgumentException("autoscaler.kubernetes.instance: " + instance
                    + " (expected: at most 63 lower case letters, digits and -)");
        }
        this.api = api;
        this.instance = instance;
        this.ttl = ttl;
        this.clock = clock;
    }

    /** The name of a controller in a cluster, which may have one of the same instance in each namespace; at most 63 characters. */
    public static String identity(String namespace, String instance) {
        String whole = namespace + "." + instance;
        return whole.length() <= LONGEST
                ? whole
                : whole.substring(0, LONGEST - 9) + "." + HexFormat.of().toHexDigits(whole.hashCode());
    }

    /** Claims these targets anew, and no others any more. */
    public void renew(Collection<KubeVariant> variants) {
        Set<String> names = variants.stream().map(KubeVariant::id).collect(Collectors.toSet());
        conflicts.keySet().retainAll(names);
        claimed.keySet().retainAll(names);
        claim(variants);
    }

    /** Claims targets. What cannot be asked leaves what is known of others. */
    private void claim(Collection<KubeVariant> variants) {
        for (KubeVariant each : variants) {
            Instant until = clock.instant().plus(ttl);
            try {
                note(each, others(claim(each.target(), until.toString())));
                claimed.put(each.id(), until);
            } catch (KubeException e) {
                LOG.atWarn()
                        .addKeyValue("variant", each.id())
                        .addKeyValue("reason", e.getMessage())
                        .log("a target cannot be claimed");
            }
        }
    }

    private void note(KubeVariant variant, String others) {
        String known = others.isEmpty() ? conflicts.remove(variant.id()) : conflicts.put(variant.id(), others);
        if (!others.isEmpty() && !others.equals(known)) {
            LOG.atError()
                    .addKeyValue("variant", variant.id())
                    .addKeyValue("reason", others)
                    .log("another controller claims the same target, which is left as it is");
        }
    }

    private Map<String, Object> claim(TargetRef target, String until) throws KubeException {
        String path = path(target);
        try {
            return api.mergePatch(path + "/" + name(target), annotation(until));
        } catch (KubeException e) {
            if (e.status() != NOT_FOUND) {
                throw e;
            }
            return api.create(
                    path,
                    Map.of(
                            "apiVersion",
                            "coordination.k8s.io/v1",
                            "kind",
                            "Lease",
                            "metadata",
                            Map.of("name", name(target), "annotations", Map.of(PREFIX + instance, until))));
        }
    }

    private Map<String, Object> annotation(String until) {
        return Map.of("metadata", Map.of("annotations", Map.of(PREFIX + instance, until)));
    }

    private static String path(TargetRef target) {
        return "/apis/coordination.k8s.io/v1/namespaces/" + target.namespace() + "/leases";
    }

    private static String name(TargetRef target) {
        return "llmd-claim-" + target.kind().toLowerCase(Locale.ROOT) + "-" + target.name();
    }

    /** Names of others whose claim holds, with commas between them. */
    private String others(Map<String, Object> lease) {
        TreeSet<String> others = new TreeSet<>();
        Instant now = clock.instant();
        if (lease.get("metadata") instanceof Map<?, ?> meta && meta.get("annotations") instanceof Map<?, ?> all) {
            all.forEach((key, value) -> {
                String name = String.valueOf(key);
                if (name.startsWith(PREFIX) && !name.equals(PREFIX + instance) && holds(String.valueOf(value), now)) {
                    others.add(name.substring(PREFIX.length()));
                }
            });
        }
        return String.join(", ", others);
    }

    private static boolean holds(String until, Instant now) {
        try {
            return Instant.parse(until).isAfter(now);
        } catch (DateTimeParseException e) {
            // Somebody has meant to claim it.
            return true;
        }
    }

    /** Claims those of which no claim holds; each target has to be claimed before it is written. */
    void claimNew(Collection<KubeVariant> variants) {
        claim(variants.stream().filter(each -> !isClaimed(each.id())).toList());
    }

    private boolean isClaimed(String variant) {
        Instant until = claimed.get(variant);
        return until != null && until.isAfter(clock.instant());
    }

    /** Whether a claim of this controller holds, and none of another was seen. */
    boolean isAlone(String variant) {
        return isClaimed(variant) && !conflicts.containsKey(variant);
    }

    /** Others that claim a variant, by its id; empty while it is this controller's alone. Safe from any thread. */
    public Map<String, String> conflicts(String variant) {
        String others = conflicts.get(variant);
        return others == null ? Map.of() : Map.of(variant, others);
    }
}
