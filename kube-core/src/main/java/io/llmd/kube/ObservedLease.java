package io.llmd.kube;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A Lease whose end is judged by how long this process has seen it unchanged, and that may lack any field: without holder it
 * is free, without duration it lasts as long as ours. Whatever fails is a {@link KubernetesClientException}, because an
 * elector that meets another one neither goes on nor ends. For one elector; several share a {@link LeaseAge}.
 */
final class ObservedLease extends LeaseLock {

    private final Duration lease;
    private final LeaseAge age;
    private final LongSupplier nanos;
    private final LongConsumer renewed;

    /**
     * A Lease, which need not be there yet.
     *
     * @param renewed gets the time by {@code nanos} at which a write began that made this replica the holder
     */
    ObservedLease(Leadership.Settings settings, LeaseAge age, LongSupplier nanos, LongConsumer renewed) {
        super(settings.namespace(), settings.name(), settings.identity());
        this.lease = settings.lease();
        this.age = age;
        this.nanos = nanos;
        this.renewed = renewed;
    }

    @Override
    public @Nullable LeaderElectionRecord get(KubernetesClient client) {
        return attempt(() -> super.get(client));
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord record) {
        write(record, () -> super.create(client, record));
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord record) {
        write(record, () -> super.update(client, record));
    }

    @Override
    protected LeaderElectionRecord toRecord(Lease resource) {
        LeaseSpec spec = Objects.requireNonNullElseGet(resource.getSpec(), LeaseSpec::new);
        ZonedDateTime renewal = ZonedDateTime.now(ZoneOffset.UTC).minus(age.of(spec));
        Integer seconds = spec.getLeaseDurationSeconds();
        return new LeaderElectionRecord(
                spec.getHolderIdentity(),
                seconds == null || seconds <= 0 ? lease : Duration.ofSeconds(seconds),
                Objects.requireNonNullElse(spec.getAcquireTime(), renewal),
                renewal,
                Objects.requireNonNullElse(spec.getLeaseTransitions(), 0));
    }

    private void write(LeaderElectionRecord record, Runnable call) {
        long begun = nanos.getAsLong();
        attempt(() -> {
            call.run();
            return null;
        });
        if (identity().equals(record.getHolderIdentity())) {
            renewed.accept(begun);
        }
    }

    private <T> @Nullable T attempt(Supplier<@Nullable T> call) {
        try {
            return call.get();
        } catch (KubernetesClientException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new KubernetesClientException(describe() + ": " + e, e);
        }
    }
}
