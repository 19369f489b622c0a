package io.llmd.launcher.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/** Plays a trace to an index: one thread tells changes as fast as it can, another one asks right behind it. */
final class KvIndexReplay {

    /**
     * What came out.
     *
     * @param blockOps blocks of prompts, whether examined or behind the first miss, and blocks stored and removed
     * @param examined blocks of prompts that were looked at
     * @param seconds from the first change to the last answer
     * @param p50Nanos of a look-up while changes are told
     * @param p99Nanos of a look-up while changes are told
     * @param cpuSeconds of the asking thread
     * @param matched sum of all answers, equal for equal indexes when one thread does both
     */
    record Outcome(
            long blockOps,
            long examined,
            double seconds,
            double cpuSeconds,
            double p50Nanos,
            double p99Nanos,
            long matched) {
        double rate() {
            return blockOps / seconds;
        }
    }

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final KvIndexTrace trace;

    KvIndexReplay(KvIndexTrace trace) {
        this.trace = trace;
    }

    /** One thread tells and asks in turn. */
    Outcome inTurn(KvIndexSubject subject) {
        KvIndexSubject.Reader reader = subject.reader();
        Histogram nanos = new Histogram(3);
        long[] prompt = new long[512];
        long examined = 0;
        long matched = 0;
        long cpu = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        for (KvIndexTrace.Step step : trace.steps()) {
            prompt = prompt(step, prompt);
            long from = System.nanoTime();
            matched += reader.match(prompt, step.count());
            nanos.recordValue(System.nanoTime() - from);
            examined += reader.examined();
            tell(subject, step);
        }
        return outcome(start, cpu, nanos, examined, matched);
    }

    /** Two threads at the same time. */
    Outcome together(KvIndexSubject subject) throws InterruptedException {
        List<KvIndexTrace.Step> steps = trace.steps();
        AtomicInteger told = new AtomicInteger();
        long cpu = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        Thread writer = Thread.ofPlatform().name("bench-writer").start(() -> {
            for (int i = 0; i < steps.size(); i++) {
                tell(subject, steps.get(i));
                told.setRelease(i + 1);
            }
        });
        KvIndexSubject.Reader reader = subject.reader();
        Histogram nanos = new Histogram(3);
        long[] prompt = new long[512];
        long examined = 0;
        long matched = 0;
        for (int i = 0; i < steps.size(); i++) {
            while (told.getAcquire() < i) {
                Thread.onSpinWait();
            }
            KvIndexTrace.Step step = steps.get(i);
            prompt = prompt(step, prompt);
            long from = System.nanoTime();
            matched += reader.match(prompt, step.count());
            nanos.recordValue(System.nanoTime() - from);
            examined += reader.examined();
        }
        writer.join();
        return outcome(start, cpu, nanos, examined, matched);
    }

    private long[] prompt(KvIndexTrace.Step step, long[] reused) {
        long[] prompt = step.count() > reused.length ? new long[step.count() * 2] : reused;
        System.arraycopy(trace.keys(), step.from(), prompt, 0, step.count());
        return prompt;
    }

    private void tell(KvIndexSubject subject, KvIndexTrace.Step step) {
        long[] keys = trace.keys();
        int end = step.from() + step.count();
        if (step.removed() > 0) {
            subject.remove(step.endpoint(), keys, end, step.removed());
        }
        if (step.stored() > 0) {
            int first = end - step.stored();
            subject.store(step.endpoint(), first == step.from() ? 0 : keys[first - 1], keys, first, step.stored());
        }
    }

    private Outcome outcome(long start, long cpu, Histogram nanos, long examined, long matched) {
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Outcome(
                trace.blockOps(),
                examined,
                seconds,
                (THREADS.getCurrentThreadCpuTime() - cpu) / 1e9,
                nanos.getValueAtPercentile(50),
                nanos.getValueAtPercentile(99),
                matched);
    }
}
