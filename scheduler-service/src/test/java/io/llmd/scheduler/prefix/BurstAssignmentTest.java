package io.llmd.scheduler.prefix;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.prefix.BurstAssignment.Balance;
import io.llmd.scheduler.prefix.BurstAssignment.Member;
import io.llmd.scheduler.prefix.BurstAssignment.Settings;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class BurstAssignmentTest {

    private static final Endpoint A = endpoint("a", 0, 1, 0);
    private static final Endpoint B = endpoint("b", 0, 1, 0);
    private static final Endpoint C = endpoint("c", 0, 1, 0);
    private static final Endpoint D = endpoint("d", 0, 1, 0);

    @Test
    void equalPromptsMeetUpToTheMostPerEndpoint() {
        List<Member> burst = Collections.nCopies(8, member(List.of(A, B, C, D), 1, 2, 3));
        assertThat(assign(burst, 4, 0, Balance.REQUESTS))
                .containsExactly("ns/a", "ns/a", "ns/a", "ns/a", "ns/b", "ns/b", "ns/b", "ns/b");
    }

    @Test
    void whatIsBeyondTheMostOnAllEndpointsIsSpreadOneByOne() {
        List<Member> burst = Collections.nCopies(6, member(List.of(A, B), 1, 2));
        assertThat(assign(burst, 2, 0, Balance.REQUESTS))
                .containsExactly("ns/a", "ns/a", "ns/b", "ns/b", "ns/a", "ns/b");
    }

    @Test
    void aRequestThatSharesNothingMayGoAnywhere() {
        assertThat(assign(List.of(member(List.of(A, B), 1, 2, 3)), -1, 0, Balance.REQUESTS))
                .containsExactly((String) null);
        assertThat(assign(
                        List.of(member(List.of(A, B), 1, 2, 3), member(List.of(A, B), 7, 8, 9)),
                        -1,
                        2,
                        Balance.REQUESTS))
                .containsOnlyNulls();
        assertThat(assign(List.of(member(List.of(A)), member(List.of(A))), -1, 1, Balance.REQUESTS))
                .containsOnlyNulls();
    }

    @Test
    void groupsGoToTheLeastLoadedEndpointTheLongestPromptFirst() {
        List<Endpoint> both = List.of(A, B);
        List<Member> burst = List.of(
                member(both, 1), member(both, 1), member(both, 5, 6, 7), member(both, 5, 6, 7), member(both, 5, 6, 7));
        assertThat(assign(burst, -1, 0, Balance.REQUESTS)).containsExactly("ns/b", "ns/b", "ns/a", "ns/a", "ns/a");
    }

    @Test
    void fewerRunningRequestsDecideBetweenEquallyLoadedEndpoints() {
        List<Endpoint> both = List.of(endpoint("a", 0, 5, 0), endpoint("b", 0, 2, 0));
        assertThat(assign(Collections.nCopies(2, member(both, 1)), -1, 0, Balance.REQUESTS))
                .containsExactly("ns/b", "ns/b");
    }

    @Test
    void promptsThatOverlapEnoughMeetWithinTheFairShare() {
        List<Endpoint> both = List.of(A, B);
        List<Member> burst =
                List.of(member(both, 1, 2, 3, 4), member(both, 1, 2, 3), member(both, 1, 2, 9), member(both, 1, 8));
        assertThat(assign(burst, -1, 2, Balance.REQUESTS)).containsExactly("ns/a", "ns/a", "ns/b", null);
    }

    @Test
    void byTokensAnEndpointIsChargedOnceForWhatItDoesNotHoldYet() {
        List<Endpoint> both = List.of(A, B);
        List<Member> burst = new ArrayList<>(Collections.nCopies(10, member(both, 1, 2, 3, 4)));
        burst.addAll(Collections.nCopies(2, member(both, 5, 6, 7)));
        burst.addAll(Collections.nCopies(2, member(both, 8)));
        List<String> assigned = assign(burst, -1, 0, Balance.TOKENS);
        assertThat(assigned.subList(0, 10)).containsOnly("ns/a");
        assertThat(assigned.subList(10, 12)).containsOnly("ns/b");
        assertThat(assigned.subList(12, 14)).containsOnly("ns/b");
    }

    @Test
    void withoutEndpointsNobodyIsAssigned() {
        assertThat(assign(Collections.nCopies(2, member(List.of(), 1)), -1, 0, Balance.REQUESTS))
                .containsOnlyNulls();
    }

    private static List<String> assign(List<Member> burst, int perEndpoint, int colocate, Balance balance) {
        return BurstAssignment.assign(burst, new Settings(perEndpoint, colocate, balance));
    }

    private static Member member(List<Endpoint> endpoints, long... hashes) {
        return new Member(new long[][] {hashes}, endpoints);
    }
}
