package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** Invariant 9: better hardware never makes a step slower, more work never makes it faster. */
class StepTimePropertyTest {
    private static final double EXACT = 1 + 1e-12;

    /** New prompt tokens of a sequence after computed ones. */
    private record Chunk(int tokens, int computed) {}

    /** What a step computes. */
    private record Work(List<Chunk> chunks, int decodes, int context) {
        StepLoad load() {
            int prompt = 0;
            double attention = 0;
            long before = 0;
            int starts = 0;
            for (Chunk chunk : chunks) {
                prompt += chunk.tokens();
                attention += chunk.tokens() * (chunk.computed() + chunk.tokens() / 2.0);
                before += chunk.computed();
                starts += chunk.computed() == 0 ? 1 : 0;
            }
            int sequences = decodes + chunks.size();
            return new StepLoad(
                    decodes + prompt,
                    sequences,
                    sequences,
                    decodes,
                    (long) decodes * context,
                    attention,
                    before,
                    prompt,
                    starts,
                    chunks.size());
        }

        Work with(Chunk more) {
            List<Chunk> all = new ArrayList<>(chunks);
            all.add(more);
            return new Work(all, decodes, context);
        }
    }

    @Property(tries = 500, seed = "20300")
    void fasterMemoryNeverSlowsAStep(
            @ForAll("deployments") Deployment deployment,
            @ForAll("works") Work work,
            @ForAll @DoubleRange(min = 1, max = 8) double factor) {
        Deployment faster = on(deployment, faster(deployment.gpu(), factor, 1, 1));
        assertThat(nanos(faster, work)).isLessThanOrEqualTo(nanos(deployment, work) * EXACT);
    }

    @Property(tries = 500, seed = "20301")
    void moreFlopsNeverSlowAStep(
            @ForAll("deployments") Deployment deployment,
            @ForAll("works") Work work,
            @ForAll @DoubleRange(min = 1, max = 8) double factor) {
        Deployment faster = on(deployment, faster(deployment.gpu(), 1, factor, 1));
        assertThat(nanos(faster, work)).isLessThanOrEqualTo(nanos(deployment, work) * EXACT);
    }

    @Property(tries = 500, seed = "20302")
    void fasterLinksNeverSlowAStep(
            @ForAll("deployments") Deployment deployment,
            @ForAll("works") Work work,
            @ForAll @DoubleRange(min = 1, max = 8) double factor) {
        Deployment faster = on(deployment, faster(deployment.gpu(), 1, 1, factor));
        assertThat(nanos(faster, work)).isLessThanOrEqualTo(nanos(deployment, work) * EXACT);
    }

    @Property(tries = 500, seed = "20303")
    void moreGpusNeverRaiseTheComputePart(@ForAll("deployments") Deployment deployment, @ForAll("works") Work work) {
        double before = Double.POSITIVE_INFINITY;
        for (int gpus = 1; gpus <= 8; gpus *= 2) {
            Deployment spread = new Deployment(deployment.model(), deployment.gpu(), gpus, deployment.weightBytes());
            double compute = new PhysicsLatency(spread).computeNanos(work.load());
            assertThat(compute).isPositive().isLessThanOrEqualTo(before);
            before = compute;
        }
    }

    @Property(tries = 500, seed = "20304")
    void moreWorkNeverShortensAStep(
            @ForAll("models") LatencyModel model,
            @ForAll("works") Work work,
            @ForAll("chunks") Chunk more,
            @ForAll @IntRange(min = 1, max = 100) int decodes,
            @ForAll @IntRange(min = 1, max = 10_000) int context) {
        double nanos = model.stepNanos(work.load());
        assertThat(nanos).isPositive().isFinite();
        Work longer = work.with(more);
        Work fuller = new Work(work.chunks(), work.decodes() + decodes, work.context());
        Work deeper = new Work(work.chunks(), work.decodes(), work.context() + context);
        for (Work other : List.of(longer, fuller, deeper)) {
            assertThat(model.stepNanos(other.load()) * EXACT).as("%s", other).isGreaterThanOrEqualTo(nanos);
        }
    }

    @Property(tries = 500, seed = "20305")
    void laterChunkNeverTakesLessThanAnEarlierOne(
            @ForAll("models") LatencyModel model,
            @ForAll("chunks") Chunk chunk,
            @ForAll @IntRange(min = 1, max = 100_000) int further) {
        Work early = new Work(List.of(chunk), 0, 0);
        Work late = new Work(List.of(new Chunk(chunk.tokens(), chunk.computed() + further)), 0, 0);
        assertThat(model.stepNanos(late.load())).isGreaterThanOrEqualTo(model.stepNanos(early.load()));
    }

    private static double nanos(Deployment deployment, Work work) {
        return new PhysicsLatency(deployment).stepNanos(work.load());
    }

    private static Deployment on(Deployment deployment, GpuModel gpu) {
        return new Deployment(deployment.model(), gpu, deployment.tensorParallel(), deployment.weightBytes());
    }

    private static GpuModel faster(GpuModel gpu, double memory, double flops, double link) {
        return new GpuModel(
                gpu.name(),
                gpu.memoryBytes(),
                gpu.flops() * flops,
                gpu.bytesPerSecond() * memory,
                gpu.linkBytesPerSecond() * link,
                gpu.computeEfficiency(),
                gpu.weightEfficiency(),
                gpu.kvEfficiency(),
                gpu.attentionEfficiency(),
                gpu.linkEfficiency(),
                gpu.reduceNanos(),
                gpu.stepNanos(),
                gpu.layerNanos(),
                gpu.sequenceNanos(),
                gpu.apiNanos());
    }

    @Provide
    Arbitrary<Deployment> deployments() {
        return Combinators.combine(
                        Arbitraries.of(ModelArchitecture.presets()),
                        Arbitraries.of(GpuModel.presets()),
                        Arbitraries.of(1, 2, 4, 8),
                        Arbitraries.of(1, 2))
                .as(Deployment::new);
    }

    @Provide
    Arbitrary<LatencyModel> models() {
        return Arbitraries.oneOf(
                deployments().map(PhysicsLatency::new), Arbitraries.of(LatencyModel.Compact.presets()));
    }

    @Provide
    Arbitrary<Chunk> chunks() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 16_384),
                        Arbitraries.integers().between(0, 100_000))
                .as(Chunk::new);
    }

    /** At least one sequence. */
    @Provide
    Arbitrary<Work> works() {
        return Combinators.combine(
                        chunks().list().ofMaxSize(5),
                        Arbitraries.integers().between(0, 1024),
                        Arbitraries.integers().between(1, 30_000))
                .as(Work::new)
                .filter(work -> !work.chunks().isEmpty() || work.decodes() > 0);
    }
}
