package io.llmd.kube;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Where calls go. */
class KubeCallsTest {

    @Test
    void anApiBehindAPathKeepsIt() {
        assertThat(KubeCalls.at("https://host/k8s/clusters/c-1/", "/api/v1/namespaces"))
                .hasToString("https://host/k8s/clusters/c-1/api/v1/namespaces");
        assertThat(KubeCalls.at("https://host:6443", "/apis")).hasToString("https://host:6443/apis");
    }
}
