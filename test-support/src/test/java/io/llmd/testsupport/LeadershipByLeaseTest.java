package io.llmd.testsupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llmd.kube.KubeClients;
import io.llmd.kube.Leadership;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Leadership by a Lease that others edit, over a socket. */
@Timeout(60)
class LeadershipByLeaseTest {

    private static final String LEASES = "apis/coordination.k8s.io/v1/leases";
    private static final Duration LEASE = Duration.ofSeconds(1);

    private final FakeKubeApi api = FakeKubeApi.start(LEASES);
    private final KubernetesClient client =
            KubeClients.of(new ConfigBuilder().withMasterUrl(api.url("me")).build());

    @AfterEach
    void stop() {
        client.close();
        api.close();
    }

    private static ConditionFactory soon(String what) {
        return await(what).atMost(40, TimeUnit.SECONDS).pollInterval(10, TimeUnit.MILLISECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "spec: {}", "spec: {leaseTransitions: 3}", "spec: {holderIdentity: ''}"})
    void aLeaseThatNamesNobodyIsFree(String spec) {
        lease(spec);
        try (Leadership leadership = leadership()) {
            soon("it leads").until(leadership::isLeader);
            assertThat(spec()).containsEntry("holderIdentity", "me").containsKeys("renewTime", "leaseDurationSeconds");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "spec: {}", "spec: {holderIdentity: me}"})
    void aLeaderWhoseLeaseIsEmptiedRepairsItAndLeads(String spec) {
        try (Leadership leadership = leadership()) {
            soon("it leads").until(leadership::isLeader);
            lease(spec);
            soon("the lease is whole").until(() -> spec().containsKey("leaseDurationSeconds"));
            soon("it leads again").until(leadership::isLeader);
            assertThat(spec()).containsEntry("holderIdentity", "me");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "renewTime: '1999-01-01T00:00:00.000000Z', leaseDurationSeconds: 1",
                "renewTime: '2999-01-01T00:00:00.000000Z', leaseDurationSeconds: 1",
                "leaseDurationSeconds: 1",
                "renewTime: '1999-01-01T00:00:00.000000Z'"
            })
    void aLeaseOfAnotherEndsWhenItWasUnchangedForItsTimeWhateverItsHoldersClock(String spec) {
        long put = System.nanoTime();
        lease("spec: {holderIdentity: other, " + spec + "}");
        try (Leadership leadership = leadership()) {
            soon("it leads").until(leadership::isLeader);
            assertThat(Duration.ofNanos(System.nanoTime() - put)).isGreaterThanOrEqualTo(LEASE);
        }
    }

    @Test
    void aLeaderThatIsCutOffStopsLeadingByItself() {
        try (Leadership leadership = leadership()) {
            soon("it leads").until(leadership::isLeader);
            api.cut("me");
            soon("it leads no more").until(() -> !leadership.isLeader());
            assertThat(spec()).as("it could not give the lease back").containsEntry("holderIdentity", "me");
        }
    }

    private Leadership leadership() {
        return Leadership.start(
                client,
                new Leadership.Settings("team", "lead", "me", LEASE, Duration.ofMillis(700), Duration.ofMillis(50)),
                leads -> {});
    }

    private void lease(String spec) {
        api.put(LEASES, """
                apiVersion: coordination.k8s.io/v1
                kind: Lease
                metadata: {name: lead, namespace: team}
                """ + spec);
    }

    @SuppressWarnings("unchecked") // JSON objects have text as keys
    private Map<String, Object> spec() {
        return (Map<String, Object>) api.get(LEASES, "team", "lead").getOrDefault("spec", Map.of());
    }
}
