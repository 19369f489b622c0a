package io.llmd.lab.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Role;
import io.llmd.lab.fleet.Split;
import io.llmd.lab.report.SplitPlots;
import io.llmd.lab.report.Tables;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.traffic.Streams;
import io.llmd.lab.traffic.Streams.Bursts;
import io.llmd.lab.traffic.Streams.Kind;
import io.llmd.lab.traffic.Streams.Lengths;
import io.llmd.lab.traffic.Traffic;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SplitStudyTest {

    private static final Traffic MIXED = new Streams(
            "mixed",
            List.of(
                    new Kind(4, new Lengths(200, 0.5, 800), new Lengths(150, 0.5, 600), Bursts.NONE),
                    new Kind(0.6, new Lengths(12_000, 0.4, 30_000), new Lengths(40, 0.3, 100), Bursts.NONE)),
            15);
    private static final Fleet FLEET =
            Fleet.DEFAULT.withEndpoints(3).withBatchedTokens(2048).withSplit(Split.NONE.withPrefill(1));
    private static final SplitStudy STUDY = new SplitStudy(FLEET, Conditions.DEFAULT, Contenders.splitting());

    @Test
    void everyRequestIsAnsweredAndDecidersSplitWhatTheySay() {
        List<RunResult> runs = STUDY.run(List.of(MIXED), List.of(1L), 2, done -> {});
        Map<String, RunResult> by = runs.stream().collect(Collectors.toMap(RunResult::contender, Function.identity()));

        assertThat(runs)
                .hasSize(STUDY.runs())
                .allSatisfy(run -> assertThat(run.finished()).isEqualTo(run.requests()));
        assertThat(by.get("unified").split()).isZero();
        assertThat(by.get("never").split()).isZero();
        assertThat(by.get("always").split()).isEqualTo(1);
        assertThat(by.get("prefix-based").split()).isBetween(0.02, 0.3);
        assertThat(by.get("handoff-cost").split()).isBetween(0.02, 0.3);
        assertThat(by.get("always").gaps().quantile(0.99))
                .isLessThan(0.5 * by.get("never").gaps().quantile(0.99));
        // A first token comes a handoff later.
        assertThat(by.get("always").timeToFirstToken().quantile(0.1))
                .isGreaterThan(by.get("never").timeToFirstToken().quantile(0.1) + 15);
        assertThat(Tables.markdownApart(runs)).contains("| prefix-based | ", "| p99 ITL ms |");
        assertThat(SplitPlots.images(runs)).containsKeys("goodput.png", "itl-mixed.png");
    }

    @Test
    void equalSeedsGiveEqualFigures() {
        SplitStudy one = new SplitStudy(
                FLEET, Conditions.DEFAULT, List.of(Contenders.splitting().getLast()));

        String first = Tables.csvApart(one.run(List.of(MIXED), List.of(1L), 1, done -> {}));

        assertThat(Tables.csvApart(one.run(List.of(MIXED), List.of(1L), 2, done -> {})))
                .isEqualTo(first);
    }

    @Test
    void rolesAreThoseOfTheFirstEndpoints() {
        Split two = Split.NONE.withPrefill(2);

        assertThat(List.of(two.role(0), two.role(1), two.role(2)))
                .containsExactly(Role.PREFILL, Role.PREFILL, Role.DECODE);
        assertThat(Split.NONE.role(0)).isEqualTo(Role.BOTH);
        assertThatThrownBy(() -> FLEET.withSplit(Split.NONE.withPrefill(3)))
                .hasMessage("prefillEndpoints: 3 (expected: fewer than 3 endpoints)");
        assertThatThrownBy(() -> new SplitStudy(FLEET.withSplit(Split.NONE), Conditions.DEFAULT, List.of()))
                .hasMessageContaining("prefillEndpoints: 0");
    }

    @Test
    void fiveTrafficsAreJudged() {
        assertThat(SplitWorkloads.all(null, 0.1))
                .extracting(Traffic::name)
                .containsExactly("mixed", "chat", "turns", "code", "bursts");
        assertThatThrownBy(() -> SplitWorkloads.all(null, 0)).hasMessageContaining("share: 0.0");
    }
}
