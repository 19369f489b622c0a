package io.llmd.scheduler.resource;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llmd.scheduler.resource.KubernetesResources.Judgement;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the condition {@code Accepted} into the status of objectives and rewrites: True when they are in force, False
 * with a reason when they are not. Other conditions stay. Objects of other pools are left to their schedulers. Writes on
 * a thread of its own; a write that fails is logged, and tried again when objects are listed the next time.
 */
public final class ObjectStatuses implements Consumer<Judgement>, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ObjectStatuses.class);
    private static final int MAX_WAITING = 1_000;

    /** The object has changed meanwhile, perhaps by another replica's hand; its new version is judged anyway. */
    private static final int CONFLICT = 409;

    private static final String TYPE = "Accepted";

    private final KubernetesClient client;
    private final BooleanSupplier mayWrite;
    private final InstantSource clock;
    private final ThreadPoolExecutor executor;

    /**
     * A writer.
     *
     * @param mayWrite whether this replica writes; where replicas elect a leader, it is the leader
     */
    public ObjectStatuses(KubernetesClient client, BooleanSupplier mayWrite, InstantSource clock) {
        this.client = Objects.requireNonNull(client, "client");
        this.mayWrite = Objects.requireNonNull(mayWrite, "mayWrite");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.executor = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MAX_WAITING),
                Thread.ofPlatform().daemon().name("kube-statuses").factory(),
                (task, full) -> LOG.warn("too many statuses wait to be written, one is left out"));
    }

    @Override
    public void accept(Judgement judgement) {
        if (!judgement.isOfAnotherPool()) {
            executor.execute(() -> write(judgement));
        }
    }

    private void write(Judgement judgement) {
        GenericKubernetesResource resource = judgement.resource();
        List<Map<String, Object>> conditions = mayWrite.getAsBoolean() ? conditions(judgement) : null;
        if (conditions == null) {
            return;
        }
        try {
            Map<String, Object> patch = Map.of(
                    "metadata",
                    Map.of("resourceVersion", resource.getMetadata().getResourceVersion()),
                    "status",
                    Map.of("conditions", conditions));
            // With the object and its kind at hand the client asks for neither, which it would need rights for.
            client.genericKubernetesResources(
                            ResourceGroup.of(resource.getApiVersion()).context(resource.getKind()))
                    .inNamespace(resource.getMetadata().getNamespace())
                    .resource(resource)
                    .subresource("status")
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            client.getKubernetesSerialization().asJson(patch));
        } catch (KubernetesClientException e) {
            if (e.getCode() == CONFLICT) {
                return;
            }
            LOG.atWarn()
                    .addKeyValue("kind", resource.getKind())
                    .addKeyValue("name", resource.getMetadata().getName())
                    .addKeyValue("reason", e.getMessage())
                    .log("status not written");
        }
    }

    /** The conditions that the object is to have, null when it has them. */
    private @Nullable List<Map<String, Object>> conditions(Judgement judgement) {
        GenericKubernetesResource resource = judgement.resource();
        long generation = Objects.requireNonNullElse(resource.getMetadata().getGeneration(), 0L);
        String status = judgement.isAccepted() ? "True" : "False";
        List<Map<String, Object>> conditions = new ArrayList<>();
        String since = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        if (resource.get("status", "conditions") instanceof List<?> present) {
            for (Object entry : present) {
                if (!(entry instanceof Map<?, ?> fields)) {
                    continue;
                }
                if (!TYPE.equals(fields.get("type"))) {
                    Map<String, Object> other = new LinkedHashMap<>();
                    fields.forEach((key, value) -> other.put(String.valueOf(key), value));
                    conditions.add(other);
                } else if (status.equals(fields.get("status"))) {
                    boolean isSame = judgement.reason().equals(fields.get("reason"))
                            && fields.get("observedGeneration") instanceof Number seen
                            && seen.longValue() == generation;
                    if (isSame) {
                        return null;
                    }
                    since = fields.get("lastTransitionTime") instanceof String known ? known : since;
                }
            }
        }
        Map<String, Object> accepted = new LinkedHashMap<>();
        accepted.put("type", TYPE);
        accepted.put("status", status);
        accepted.put("reason", judgement.reason());
        accepted.put("message", judgement.message());
        accepted.put("observedGeneration", generation);
        accepted.put("lastTransitionTime", since);
        conditions.add(accepted);
        return conditions;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
