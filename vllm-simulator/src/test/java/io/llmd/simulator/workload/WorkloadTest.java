package io.llmd.simulator.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.workload.LadderWorkload.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkloadTest {
    private static final long SECOND = 1_000_000_000;
    private static final RequestSource SOURCE =
            (id, stage) -> ClientRequest.text(id, new int[] {(int) id + 1}, 1).withAttachment(stage);

    private static void end(Workload workload, ClientRequest request, long time) {
        workload.ended(new RequestResult(request, Outcome.FINISHED, null, 0, -1, 0, 0, 0, 0, 0, time, 0, 0, 1));
    }

    /** Ends each request some time after it came; gives the times at which requests came. */
    private static List<Long> play(Workload workload, long service) {
        List<Long> times = new ArrayList<>();
        while (workload.nextTime() < Workload.NEVER) {
            long time = workload.nextTime();
            times.add(time);
            ClientRequest request = workload.next();
            end(workload, request, time + service);
        }
        return times;
    }

    @Test
    void stageBeginsWhenTheOneBeforeHasDrained() {
        LadderWorkload ladder = new LadderWorkload(List.of(new Stage(10, 2), new Stage(10, 1)), SOURCE, 1);
        ladder.nextTime();
        ClientRequest first = ladder.next();
        long second = ladder.nextTime();
        ClientRequest last = ladder.next();
        assertThat(ladder.nextTime()).isEqualTo(Workload.NEVER);
        end(ladder, last, second + SECOND);
        assertThat(ladder.nextTime()).isEqualTo(Workload.NEVER);
        end(ladder, first, 100 * SECOND);

        assertThat(ladder.nextTime()).isBetween(100 * SECOND, 102 * SECOND);
        assertThat(ladder.spans()).containsExactly(new LadderWorkload.Span(0, 0, 100 * SECOND));
        ClientRequest next = ladder.next();
        assertThat(next.attachment()).isEqualTo(1);
        assertThat(next.id()).isEqualTo(2);
        end(ladder, next, 200 * SECOND);
        assertThat(ladder.nextTime()).isEqualTo(Workload.NEVER);
    }

    @Test
    void clientHasNoMoreRequestsUnderWayThanItMay() {
        LadderWorkload ladder = new LadderWorkload(List.of(new Stage(1000, 3)), SOURCE, 1, 2);
        ladder.nextTime();
        ClientRequest first = ladder.next();
        ladder.next();
        assertThat(ladder.nextTime()).isEqualTo(Workload.NEVER);
        end(ladder, first, 5 * SECOND);
        assertThat(ladder.nextTime()).isEqualTo(5 * SECOND);
        assertThatThrownBy(() -> new LadderWorkload(List.of(new Stage(1, 1)), SOURCE, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mostInFlight: 0 (expected: >= 1)");
    }

    @Test
    void arrivalsComeAtTheirRateAndSpreadLikePoisson() {
        Stage stage = Stage.lasting(50, Duration.ofSeconds(400));
        assertThat(stage.requests()).isEqualTo(20_000);
        List<Long> times = play(new LadderWorkload(List.of(stage), SOURCE, 7), 0);

        assertThat(times.getLast() / 1e9).isCloseTo(400, within(10.0));
        double[] gaps = new double[times.size() - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = (times.get(i + 1) - times.get(i)) / 1e9;
        }
        double mean = Arrays.stream(gaps).average().orElseThrow();
        double square = Arrays.stream(gaps).map(gap -> gap * gap).average().orElseThrow();
        assertThat(square / (mean * mean)).isCloseTo(2, within(0.1));
    }

    @Test
    void clientSendsAgainAfterItsAnswerAndAPause() {
        ClosedLoopWorkload clients = new ClosedLoopWorkload(2, 3, SECOND, SOURCE);
        ClientRequest first = clients.next();
        ClientRequest second = clients.next();
        assertThat(clients.nextTime()).isEqualTo(Workload.NEVER);
        end(clients, second, 5 * SECOND);
        assertThat(clients.nextTime()).isEqualTo(6 * SECOND);
        assertThat(clients.next().attachment()).isEqualTo(1);
        end(clients, first, 7 * SECOND);
        assertThat(clients.nextTime()).isEqualTo(Workload.NEVER);
    }

    @Test
    void sessionHasOneRequestUnderWay() {
        SessionWorkload sessions = new SessionWorkload(
                new TraceWorkload(
                        List.of(
                                        TraceRow.of(0, 1, 1),
                                        TraceRow.of(10, 1, 1),
                                        TraceRow.of(20, 1, 1),
                                        TraceRow.of(30, 1, 1))
                                .iterator(),
                        1),
                2);
        ClientRequest first = sessions.next();
        ClientRequest second = sessions.next();
        assertThat(sessions.nextTime()).isEqualTo(20);
        assertThat(sessions.next()).isNull();
        end(sessions, second, 25);
        assertThat(sessions.nextTime()).isEqualTo(30);
        assertThat(sessions.next().id()).isEqualTo(3);
        assertThat(sessions.nextTime()).isEqualTo(Workload.NEVER);
        end(sessions, first, 40);
        assertThat(sessions.nextTime()).isEqualTo(40);
        assertThat(sessions.next().id()).isEqualTo(2);
    }

    @Test
    void promptsOfAGroupShareTheirPrefixAndNothingElse() {
        SharedPrefixes.Shape shape = new SharedPrefixes.Shape(3, 2, 40, 20, 5);
        SharedPrefixes source = SharedPrefixes.repeated(shape, 1);
        Set<Integer> prefixes = new HashSet<>();
        Set<Integer> prompts = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            int[] prompt = source.next(i, 0).prompt();
            assertThat(prompt).hasSize(60);
            prefixes.add(Arrays.hashCode(Arrays.copyOf(prompt, 40)));
            prompts.add(Arrays.hashCode(prompt));
        }
        assertThat(prefixes).hasSize(3);
        assertThat(prompts).hasSize(6);
    }

    @Test
    void fixedPromptsAreArraysThatRequestsShare() {
        SharedPrefixes source = SharedPrefixes.repeated(new SharedPrefixes.Shape(1, 2, 4, 4, 5), 1);
        int[] first = source.next(0, 0).prompt();
        source.next(1, 0);
        assertThat(source.next(2, 0).prompt()).isSameAs(first);
    }

    @Test
    void stagesBeginWithTheFirstPromptIfTheyAreToldTo() {
        SharedPrefixes source = SharedPrefixes.repeatedByStage(new SharedPrefixes.Shape(3, 3, 4, 4, 5), 1);
        int[] first = source.next(0, 0).prompt();
        int[] second = source.next(1, 0).prompt();
        assertThat(source.next(2, 1).prompt()).isSameAs(first);
        assertThat(source.next(3, 1).prompt()).isSameAs(second);
    }

    @Test
    void freshQuestionsNeverRepeat() {
        SharedPrefixes source = SharedPrefixes.fresh(new SharedPrefixes.Shape(2, 2, 10, 10, 5), 1);
        Set<Integer> prefixes = new HashSet<>();
        Set<Integer> prompts = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            int[] prompt = source.next(i, 0).prompt();
            prefixes.add(Arrays.hashCode(Arrays.copyOf(prompt, 10)));
            prompts.add(Arrays.hashCode(prompt));
        }
        assertThat(prefixes).hasSize(2);
        assertThat(prompts).hasSize(20);
    }

    @Test
    void traceIsReplayedAtItsSpeedWithEqualTokensForEqualBlocks() {
        TraceWorkload trace = new TraceWorkload(
                List.of(
                                new TraceRow(0, 10, 3, new long[] {7, 8}, 8),
                                new TraceRow(4 * SECOND, 12, 3, new long[] {7, 9}, 8))
                        .iterator(),
                2);
        ClientRequest first = trace.next();
        assertThat(trace.nextTime()).isEqualTo(2 * SECOND);
        ClientRequest second = trace.next();

        assertThat(first.prompt()).hasSize(10);
        assertThat(Arrays.copyOf(second.prompt(), 8)).isEqualTo(Arrays.copyOf(first.prompt(), 8));
        assertThat(second.prompt()[8]).isNotEqualTo(first.prompt()[8]);
        assertThat(trace.nextTime()).isEqualTo(Workload.NEVER);
    }

    @Test
    void traceRowsAreChecked() {
        assertThatThrownBy(() -> new TraceRow(0, 17, 1, new long[] {1, 2}, 8)).hasMessageContaining("17 tokens");
        assertThatThrownBy(() -> TraceRow.of(0, 0, 1)).hasMessageContaining("0 prompt tokens");
        TraceWorkload backwards = new TraceWorkload(
                List.of(TraceRow.of(5, 1, 1), TraceRow.of(4, 1, 1)).iterator(), 1);
        assertThatThrownBy(backwards::next).hasMessageContaining("row 1 at 4");
    }
}
