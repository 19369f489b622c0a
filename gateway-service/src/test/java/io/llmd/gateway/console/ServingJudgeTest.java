package io.llmd.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServingJudgeTest {

    private static final List<Watched.Part> UP =
            List.of(new Watched.Part("scheduler", "http://127.0.0.1:8081", "up", 1, ""));

    private final ServingJudge judge = new ServingJudge();

    private static Window window(long ended, long failed, long refused) {
        return new Window(10, ended, failed, refused, 0, 0, 0, 0, Distribution.EMPTY, Distribution.EMPTY, Map.of());
    }

    private static Frame.OfEndpoint endpoint(String state) {
        return new Frame.OfEndpoint(
                "ns/a", "10.0.0.1:8000", Map.of(), state, 1, 20, 0, 0, 0.1, 0, 0, 0, 0, null, null, 0, null, null);
    }

    private Frame.Serving judge(Window window, List<Watched.Part> parts, String endpointState) {
        GatewayState gateway =
                new GatewayState("one", 1, 1, false, 0, 0, Map.of(), Window.EMPTY, List.of(), 0, List.of());
        return judge.judge(7, gateway, parts, window, 0.2, List.of(endpoint(endpointState)), true);
    }

    @Test
    void oneFailureAmongFewRequestsIsToldWithoutSayingThatUsersAreRefused() {
        assertThat(judge(window(1, 1, 0), UP, "ok"))
                .isEqualTo(new Frame.Serving("degraded", "1 of 1 requests failed", 7));
        assertThat(judge(window(4, 0, 3), UP, "ok"))
                .isEqualTo(new Frame.Serving("degraded", "3 of 4 requests were refused", 7));
    }

    @Test
    void mostOfFiveAndMoreRequestsDecide() {
        assertThat(judge(window(5, 3, 0), UP, "ok")).isEqualTo(new Frame.Serving("refusing", "most requests fail", 7));
        assertThat(judge(window(50, 0, 26), UP, "ok").reason()).isEqualTo("most requests are refused");
        assertThat(judge(window(50, 25, 0), UP, "ok")).isEqualTo(new Frame.Serving("degraded", "requests fail", 7));
    }

    @Test
    void fewFailuresOfManyAreNoState() {
        assertThat(judge(window(100, 2, 2), UP, "ok").state()).isEqualTo("serving");
    }

    @Test
    void partThatIsGoneDegrades() {
        List<Watched.Part> parts = List.of(new Watched.Part("autoscaler", "", "gone", 1, "does not answer"));

        assertThat(judge(window(0, 0, 0), parts, "ok").reason()).isEqualTo("the autoscaler is gone");
    }

    @Test
    void onlyEndpointThatIsEjectedLeavesNobodyToServe() {
        assertThat(judge(window(0, 0, 0), UP, "ejected").reason()).isEqualTo("all endpoints are ejected");
        assertThat(judge(window(0, 0, 0), UP, "stale").reason()).isEqualTo("endpoint ns/a is stale");
    }
}
