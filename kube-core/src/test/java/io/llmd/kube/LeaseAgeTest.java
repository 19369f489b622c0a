package io.llmd.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LeaseAgeTest {

    private final AtomicLong now = new AtomicLong(-5);
    private final LeaseAge age = new LeaseAge(now::get);

    @Test
    void countsFromTheFirstSightOfWhatTheLeaseSaysWhateverTimeItNames() {
        assertThat(age.of(renewed("1999-01-01T00:00:00Z"))).isZero();
        now.addAndGet(100);
        assertThat(age.of(renewed("1999-01-01T00:00:00Z"))).isEqualTo(Duration.ofNanos(100));
        assertThat(age.of(renewed("2999-01-01T00:00:00Z"))).isZero();
        now.addAndGet(7);
        assertThat(age.of(renewed("2999-01-01T00:00:00Z"))).isEqualTo(Duration.ofNanos(7));
        assertThat(age.of(new LeaseSpec())).isZero();
    }

    private static LeaseSpec renewed(String time) {
        return new LeaseSpecBuilder()
                .withHolderIdentity("other")
                .withRenewTime(ZonedDateTime.parse(time))
                .build();
    }
}
