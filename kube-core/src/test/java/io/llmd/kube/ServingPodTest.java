package io.llmd.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.kube.ServingPod.Rank;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which endpoints a pod is. */
class ServingPodTest {

    private static final List<Integer> PORTS = List.of(8000, 8001, 8002);
    private static final String READY = "{podIP: 10.0.0.7, conditions: [{type: Ready, status: 'True'}]}";

    private static List<Rank> ranks(String metadata, String status) {
        return ServingPod.of(Serialization.unmarshal(
                        "metadata: {name: p, namespace: n, " + metadata + "}\nstatus: " + status, Pod.class))
                .ranks(PORTS);
    }

    @Test
    void eachTargetPortIsAnEndpointWithItsPlaceInThePool() {
        assertThat(ranks("uid: u", READY))
                .containsExactly(
                        new Rank("p-rank-0", 8000, 0), new Rank("p-rank-1", 8001, 1), new Rank("p-rank-2", 8002, 2));
    }

    @Test
    void activePortsRestrictAndKeepPlaces() {
        assertThat(ranks("annotations: {llm-d.ai/active-ports: ' 8002, 9999,none'}", READY))
                .containsExactly(new Rank("p-rank-2", 8002, 2));
        assertThat(ranks("annotations: {inference.networking.k8s.io/active-ports: '8001'}", READY))
                .containsExactly(new Rank("p-rank-1", 8001, 1));
        assertThat(ranks("annotations: {llm-d.ai/active-ports: ''}", READY)).isEmpty();
    }

    @Test
    void whoIsNotReadyEndsOrHasNoAddressIsNone() {
        assertThat(ranks("uid: u", READY.replace("True", "False"))).isEmpty();
        assertThat(ranks("uid: u", "{podIP: 10.0.0.7}")).isEmpty();
        assertThat(ranks("uid: u", "{conditions: [{type: Ready, status: 'True'}]}"))
                .isEmpty();
        assertThat(ranks("deletionTimestamp: '2026-01-31T12:00:00Z'", READY)).isEmpty();
    }

    @Test
    void theNodeIsALabelWhereThePodHasNone() {
        Pod pod = Serialization.unmarshal("metadata: {name: p, namespace: n}\nspec: {nodeName: node-1}", Pod.class);
        assertThat(ServingPod.of(pod).labels()).containsEntry("kubernetes.io/hostname", "node-1");
    }
}
