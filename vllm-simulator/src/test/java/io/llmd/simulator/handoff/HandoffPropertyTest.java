package io.llmd.simulator.handoff;

import static io.llmd.simulator.handoff.HandoffWorld.MILLI;
import static io.llmd.simulator.handoff.HandoffWorld.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.TransferModel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/** Invariant 8: a handoff is consumed at most once, and every lease ends by notice, abort or expiry. */
class HandoffPropertyTest {

    private record Use(HandoffWorld.Node node, long requestId, Handoff handoff) {}

    @Property(tries = 60, seed = "20310")
    void handoffIsConsumedAtMostOnceAndEveryLeaseEnds(@ForAll long seed) {
        Random random = new Random(seed);
        HandoffWorld world = new HandoffWorld();
        List<HandoffWorld.Node> prefilling = List.of(world.node("p0", 1), world.node("p1", 2));
        List<HandoffWorld.Node> decoding = List.of(
                world.node("d0", 3),
                world.node("d1", 4, LoadFailurePolicy.RECOMPUTE, TransferModel.ROCE_100G, "0.32.0"),
                world.node("d2", 5, LoadFailurePolicy.FAIL, TransferModel.ROCE_100G, "0.31.0"));
        Map<HandoffWorld.Node, List<Long>> open = new HashMap<>();
        List<Handoff> handoffs = new ArrayList<>();
        List<Use> uses = new ArrayList<>();

        for (int i = 0; i < 60; i++) {
            int content = random.nextInt(4);
            int[] prompt = prompt(200 + 400 * content, content);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    HandoffWorld.Node node = prefilling.get(random.nextInt(2));
                    open.computeIfAbsent(node, ignored -> new ArrayList<>()).add(node.prefill(prompt));
                }
                case 3, 4, 5 -> {
                    if (!handoffs.isEmpty()) {
                        Handoff handoff = handoffs.get(random.nextInt(handoffs.size()));
                        HandoffWorld.Node node = decoding.get(random.nextInt(3));
                        long id = node.decode(prompt(handoff.blocks() * 16 - 8, content), 3, handoff);
                        open.computeIfAbsent(node, ignored -> new ArrayList<>()).add(id);
                        uses.add(new Use(node, id, handoff));
                    }
                }
                case 6 -> {
                    HandoffWorld.Node node = random.nextBoolean() ? prefilling.get(0) : decoding.get(random.nextInt(3));
                    List<Long> ids = open.getOrDefault(node, List.of());
                    if (!ids.isEmpty()) {
                        node.abort(ids.get(random.nextInt(ids.size())));
                    }
                }
                default -> {
                    int pace = random.nextInt(4);
                    world.advanceTo(world.now() + (pace == 0 ? 9_000 : pace * 7) * MILLI);
                }
            }
            world.advanceTo(world.now() + random.nextInt(12) * MILLI);
            collect(prefilling, open, handoffs);
        }
        world.runUntilIdle();
        collect(prefilling, open, handoffs);

        for (HandoffWorld.Node node : prefilling) {
            everyLeaseEndedOnce(node);
        }
        for (HandoffWorld.Node node : decoding) {
            assertThat(node.reader.pending()).isZero();
            assertThat(node.engine.snapshot().active()).isZero();
            assertThat(node.engine.snapshot().usedBlocks()).isZero();
        }
        Set<Handoff> consumed = new HashSet<>();
        int failed = 0;
        for (Use use : uses) {
            if (use.node().finished(use.requestId()).loadedTokens() > 0) {
                assertThat(consumed.add(use.handoff())).as("%s", use).isTrue();
            } else {
                failed++;
            }
        }
        Statistics.label("handoffs read")
                .collect(!consumed.isEmpty())
                .coverage(coverage -> coverage.check(true).percentage(share -> share > 50));
        Statistics.label("uses without reading")
                .collect(failed > 0)
                .coverage(coverage -> coverage.check(true).percentage(share -> share > 50));
        Statistics.label("leases")
                .collect(causes(prefilling))
                .coverage(coverage -> coverage.check(EnumSet.of(LeaseEnd.NOTIFIED, LeaseEnd.EXPIRED))
                        .percentage(share -> share > 20));
    }

    private static Set<LeaseEnd> causes(List<HandoffWorld.Node> nodes) {
        EnumSet<LeaseEnd> causes = EnumSet.noneOf(LeaseEnd.class);
        nodes.forEach(node -> node.all(EngineEvent.LeaseEnded.class).forEach(end -> causes.add(end.cause())));
        return causes;
    }

    private static void collect(
            List<HandoffWorld.Node> prefilling, Map<HandoffWorld.Node, List<Long>> open, List<Handoff> handoffs) {
        for (HandoffWorld.Node node : prefilling) {
            for (long id : open.getOrDefault(node, List.of())) {
                if (node.hasFinished(id) && node.finished(id).held() != null) {
                    Handoff handoff = node.handoff(id);
                    if (!handoffs.contains(handoff)) {
                        handoffs.add(handoff);
                    }
                }
            }
        }
    }

    private static void everyLeaseEndedOnce(HandoffWorld.Node node) {
        List<Long> held = node.all(EngineEvent.Finished.class).stream()
                .filter(end -> end.held() != null)
                .map(end -> end.request().id())
                .toList();
        List<EngineEvent.LeaseEnded> ended = node.all(EngineEvent.LeaseEnded.class);
        assertThat(ended).extracting(EngineEvent.LeaseEnded::requestId).containsExactlyInAnyOrderElementsOf(held);
        assertThat(ended).extracting(EngineEvent.LeaseEnded::cause).doesNotContain(LeaseEnd.ABORTED);
        assertThat(node.engine.snapshot().leases()).isZero();
        assertThat(node.engine.snapshot().usedBlocks()).isZero();
    }
}
