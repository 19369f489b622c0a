package io.llmd.launcher.bench;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/** Our scheduler behind a proxy that asks over ext_proc, beside a processor that reads nothing, in turns. */
final class ExtProcBench implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final int ENDPOINTS = 10;

    /**
     * What is measured.
     *
     * @param shapes kinds of request, measured one after the other
     * @param concurrency requests under way
     * @param rounds measurements of each shape
     * @param window length of one
     * @param warmUp before the first one, for each contender and shape
     */
    record Settings(List<ExtProcShape> shapes, int concurrency, int rounds, Duration window, Duration warmUp) {}

    private record Sample(double rate, double cpuMicros, double p50Millis, double p99Millis) {}

    private record Subject(String name, ChildProcess process, ExtProcLoad load) {}

    private final Settings settings;
    private final PrintWriter progress;
    private final CpuMeter meter = CpuMeter.system();
    private final EndpointStub stub = EndpointStub.start(ENDPOINTS);
    private final Path folder = Files.createTempDirectory("llmd-bench-");
    private final List<Subject> subjects = new ArrayList<>();

    ExtProcBench(Settings settings, PrintWriter progress) throws IOException {
        this.settings = settings;
        this.progress = progress;
    }

    /** @throws BenchFailure when a contender does not start, or a request fails */
    List<GoalLine> run() throws IOException, InterruptedException {
        for (Contender contender : List.of(new ExtProcContender(), new ExtProcFloorContender())) {
            subjects.add(start(contender));
        }
        Map<ExtProcShape, List<List<Sample>>> samples = new EnumMap<>(ExtProcShape.class);
        for (ExtProcShape shape : settings.shapes()) {
            List<List<Sample>> ofSubjects = new ArrayList<>();
            for (Subject subject : subjects) {
                subject.load().run(shape, settings.concurrency(), settings.warmUp());
                ofSubjects.add(new ArrayList<>());
            }
            for (int round = 0; round < settings.rounds(); round++) {
                for (int i = 0; i < subjects.size(); i++) {
                    int turn = (i + round) % subjects.size();
                    ofSubjects.get(turn).add(measure(subjects.get(turn), shape, round));
                }
            }
            samples.put(shape, ofSubjects);
        }
        List<GoalLine> lines = new ArrayList<>();
        samples.forEach((shape, ofSubjects) -> lines(shape, ofSubjects.getFirst(), ofSubjects.getLast(), lines));
        return lines;
    }

    private Subject start(Contender contender) throws IOException, InterruptedException {
        Path own = Files.createDirectory(folder.resolve(contender.name()));
        ChildProcess process = ChildProcess.start(contender, stub.ports(), own);
        ExtProcLoad load = new ExtProcLoad(process.port());
        Subject subject = new Subject(contender.name(), process, load);
        process.await(START_LIMIT, () -> {
            try (ExtProcLoad probe = new ExtProcLoad(process.port())) {
                return probe.run(ExtProcShape.SMALL, 1, Duration.ofMillis(1)).requests() > 0;
            } catch (BenchFailure | StatusRuntimeException notYet) {
                throw new IOException(notYet);
            }
        });
        return subject;
    }

    private Sample measure(Subject subject, ExtProcShape shape, int round) throws IOException, InterruptedException {
        Clocks start = Clocks.read(meter, subject.process().handle());
        ExtProcLoad.Result result = subject.load().run(shape, settings.concurrency(), settings.window());
        Clocks end = Clocks.read(meter, subject.process().handle());
        Sample sample = new Sample(
                result.requests() / ((end.nanos() - start.nanos()) / 1e9),
                (end.contenderNanos() - start.contenderNanos()) / 1e3 / result.requests(),
                result.nanos().getValueAtPercentile(50) / 1e6,
                result.nanos().getValueAtPercentile(99) / 1e6);
        progress.printf(
                "%s, %s, round %d: %,.0f requests/s, %,.0f us of CPU each, destination after %.2f ms p50, %.2f ms p99%n",
                shape.label(),
                subject.name(),
                round + 1,
                sample.rate(),
                sample.cpuMicros(),
                sample.p50Millis(),
                sample.p99Millis());
        progress.flush();
        return sample;
    }

    private static void lines(ExtProcShape shape, List<Sample> ours, List<Sample> floor, List<GoalLine> lines) {
        String name = shape.label();
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            ratios.add(ours.get(i).cpuMicros() / floor.get(i).cpuMicros());
        }
        lines.add(GoalLine.reported("ext-proc", name + ".cpu", Figure.of(ratios), "ratio", "floor", 0));
        lines.add(reported(name + ".cpu-per-request", "us", ours.stream().map(Sample::cpuMicros)));
        lines.add(reported(name + ".floor.cpu-per-request", "us", floor.stream().map(Sample::cpuMicros)));
        lines.add(reported(name + ".requests", "1/s", ours.stream().map(Sample::rate)));
        lines.add(reported(name + ".floor.requests", "1/s", floor.stream().map(Sample::rate)));
        lines.add(reported(name + ".destination-p50", "ms", ours.stream().map(Sample::p50Millis)));
        lines.add(reported(name + ".destination-p99", "ms", ours.stream().map(Sample::p99Millis)));
    }

    private static GoalLine reported(String name, String unit, Stream<Double> values) {
        return GoalLine.reported("ext-proc", name, Figure.of(values.toList()), unit, null, 0);
    }

    @Override
    public void close() throws IOException {
        for (Subject subject : subjects) {
            subject.load().close();
            subject.process().close();
        }
        stub.close();
        FileSystemUtils.deleteRecursively(folder);
    }
}
