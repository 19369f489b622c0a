package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.gateway.access.NewApiKey;
import io.llmd.launcher.load.Target;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SoakTenantsTest {

    private static final URI GATEWAY = URI.create("http://127.0.0.1:8080");

    private final SoakTenants tenants = new SoakTenants(GATEWAY, 4);

    @Test
    void threeSendAndEachStepExchangesOne() {
        assertThat(sending()).containsExactly(0, 1, 2);

        tenants.step();
        tenants.step();

        assertThat(sending()).containsExactly(2, 3, 4);
        assertThat(tenants.isSending(new Target(GATEWAY, "sk-other", Map.of()))).isFalse();
    }

    @Test
    void keysAreThereBeforeTheFirstRequestAndAfterTheLastOne() {
        assertThat(known()).containsExactly("tenant-0", "tenant-1", "tenant-2", "tenant-3");

        tenants.step();
        tenants.step();

        assertThat(known()).containsExactly("tenant-1", "tenant-2", "tenant-3", "tenant-4", "tenant-5");
    }

    @Test
    void thereIsAnEndToSteps() {
        for (int i = 0; i < 4; i++) {
            tenants.step();
        }

        assertThat(sending()).containsExactly(4, 5, 6);
        assertThat(known()).endsWith("tenant-6");
        assertThatThrownBy(tenants::step)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected: <= 4");
    }

    private List<Integer> sending() {
        List<Target> all = tenants.targets();
        return all.stream().filter(tenants::isSending).map(all::indexOf).toList();
    }

    private List<String> known() {
        return tenants.known().stream()
                .map(NewApiKey::key)
                .map(key -> key.tenant())
                .toList();
    }
}
