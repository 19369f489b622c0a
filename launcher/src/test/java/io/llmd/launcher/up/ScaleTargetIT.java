package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.llmd.launcher.Captured;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Simulated endpoints that come and go, on a clock that is moved by hand. */
class ScaleTargetIT {

    @TempDir
    private Path folder;

    private final Captured captured = new Captured();
    private final AtomicInteger changes = new AtomicInteger();
    private List<String> noted = List.of();
    private TrialFiles files;
    private LlmdHome home;
    private Trial trial;
    private ScaleTarget target;
    private Wanted.@Nullable Decision decision;
    private IntFunction<TrialPart> parts = ScaleTargetIT::part;
    private long now;

    private static TrialPart part(int number) {
        return new EndpointPart(
                "sim-" + number,
                "",
                SimulatorSettings.fromOptions(
                        Map.of("host", "127.0.0.1", "port", String.valueOf(FreePorts.next()), "model", "m")));
    }

    @BeforeEach
    void start() throws Exception {
        home = new LlmdHome(folder);
        Scaling scaling = new Scaling(3, Duration.ofSeconds(10));
        TrialPlan plan = new TrialPlan(new SuitePorts(8080), 1, 0, 0, "m", null, false, false, scaling);
        files = new TrialFiles(home, plan);
        files.write(new DemoKey("sk-demo-abc"));
        TrialPart first = part(1);
        trial = new Trial(List.of(List.of(first)), Duration.ofSeconds(60), Duration.ofSeconds(5), captured.terminal());
        trial.start(parts -> {});
        target = new ScaleTarget(
                scaling,
                files,
                Map.of(1, first),
                number -> parts.apply(number),
                trial,
                () -> Optional.ofNullable(decision),
                captured.terminal(),
                () -> {
                    changes.incrementAndGet();
                    noted = trial.described().stream().map(RunState.Part::name).toList();
                });
    }

    @AfterEach
    void stop() throws Exception {
        target.close();
        trial.stop();
    }

    private void want(int replicas) {
        decision = new Wanted.Decision(replicas, 2.0 * replicas, 0.97, "itl at 120 %", "itl at 80 %");
    }

    private void step(int seconds) throws Exception {
        now += Duration.ofSeconds(seconds).toNanos();
        target.step(now);
    }

    private void awaitServing(String... names) {
        Awaitility.await("endpoints are listed once they are well")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> {
                    step(0);
                    assertThat(Files.readString(files.endpoints())).contains(names);
                });
    }

    @Test
    void endpointsTakeTheirTimeToStartAndAreListedWhenTheyAreWell() throws Exception {
        step(0);
        assertThat(trial.parts()).as("nothing is decided yet").hasSize(1);
        want(9);
        step(1);
        assertThat(Files.readString(files.scaled()))
                .as("the autoscaler knows of those that start, as many as there may be")
                .contains("sim-1", "sim-2", "sim-3")
                .contains("llm-d.ai/variant: sim")
                .doesNotContain("sim-4");
        step(9);
        assertThat(Files.readString(files.endpoints())).doesNotContain("sim-2");
        assertThat(trial.parts()).as("their processes have not begun").hasSize(1);
        step(1);
        awaitServing("sim-2", "sim-3");
        assertThat(trial.described()).extracting(RunState.Part::name).containsExactly("sim-1", "sim-2", "sim-3");
        assertThat(captured.out())
                .contains(
                        "1 -> 3 endpoints", "97.0 % kept their targets", "why not less: itl at 120 %", "sim-3  ready");
        assertThat(changes).hasPositiveValue();
        decision = null;
        step(600);
        assertThat(Files.readString(files.endpoints())).as("nothing is known").contains("sim-2", "sim-3");
    }

    @Test
    void anEndpointThatHasToGoAnswersFirst() throws Exception {
        parts = Busy::new;
        want(3);
        step(0);
        step(10);
        awaitServing("sim-2", "sim-3");
        Busy second = busy("sim-2");
        Busy third = busy("sim-3");
        second.requests = 1;
        third.requests = 2;
        want(1);
        step(1);
        assertThat(Files.readString(files.endpoints()))
                .as("those with the fewest requests go")
                .contains("sim-3")
                .doesNotContain("sim-1", "sim-2");
        assertThat(Files.readString(files.scaled())).doesNotContain("sim-1", "sim-2");
        assertThat(second.stops.get())
                .as("the scheduler may not have read the list yet")
                .isZero();
        step(5);
        step(5);
        assertThat(trial.parts())
                .as("one had nothing to do; the other has a request")
                .extracting(TrialPart::name)
                .containsExactly("sim-2", "sim-3");
        second.requests = 0;
        step(1);
        assertThat(second.stops.get()).as("another may be on its way").isZero();
        step(1);
        step(1);
        assertThat(second.stops.get()).isEqualTo(1);
        assertThat(trial.parts()).extracting(TrialPart::name).containsExactly("sim-3");
        assertThat(third.stops.get()).isZero();
        assertThat(captured.out())
                .contains("sim-2  drains", "sim-2  ended after")
                .doesNotContain("broke off");
        want(2);
        step(0);
        step(10);
        awaitServing("sim-1", "sim-3");
    }

    @Test
    void aProcessIsNotedBeforeItIsReady() throws Exception {
        parts = Busy::new;
        want(2);
        step(0);
        step(10);
        assertThat(Files.readString(files.endpoints())).doesNotContain("sim-2");
        assertThat(noted)
                .as("so that nothing is left behind when this process dies now")
                .contains("sim-2");
        awaitServing("sim-2");
    }

    @Test
    void anEndpointThatDoesNotSayWhatItHasCountsAsBusy() throws Exception {
        parts = Busy::new;
        want(2);
        step(0);
        step(10);
        awaitServing("sim-2");
        Busy second = busy("sim-2");
        want(1);
        step(1);
        assertThat(Files.readString(files.endpoints())).doesNotContain("sim-2");
        second.status = 503;
        step(5);
        step(5);
        step(5);
        assertThat(second.stops.get()).as("nobody knows what it has").isZero();
        second.status = 200;
        step(1);
        step(2);
        assertThat(second.stops.get()).isEqualTo(1);
    }

    @Test
    void anEndpointThatIsStillListedDoesNotEnd() throws Exception {
        parts = Busy::new;
        want(2);
        step(0);
        step(10);
        awaitServing("sim-2");
        Busy second = busy("sim-2");
        Path blocked = Files.createDirectory(
                files.scaled().resolveSibling(files.scaled().getFileName() + ".new"));
        want(1);
        for (int i = 0; i < 30; i++) {
            assertThatThrownBy(() -> step(5)).isInstanceOf(UncheckedIOException.class);
        }
        assertThat(Files.readString(files.endpoints())).contains("sim-2");
        assertThat(second.stops.get()).as("requests may come still").isZero();
        Files.delete(blocked);
        step(1);
        assertThat(Files.readString(files.endpoints())).as("tried again").doesNotContain("sim-2");
        step(2);
        step(0);
        assertThat(second.stops.get())
                .as("the scheduler may not have read it yet")
                .isZero();
        step(2);
        step(2);
        assertThat(second.stops.get()).isEqualTo(1);
    }

    private Busy busy(String name) {
        return trial.parts().stream()
                .filter(part -> part.name().equals(name))
                .map(Busy.class::cast)
                .findFirst()
                .orElseThrow();
    }

    /** A part that says how many requests it has, as it is told to. */
    private static final class Busy implements TrialPart {

        private final String name;
        private final HttpServer server;
        private volatile int requests;
        private volatile int status = 200;
        private final AtomicInteger stops = new AtomicInteger();

        private Busy(int number) {
            name = "sim-" + number;
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server.createContext("/", exchange -> {
                byte[] body =
                        ("vllm:num_requests_running{a=\"b\"} " + requests + "\n").getBytes(StandardCharsets.UTF_8);
                try (exchange) {
                    exchange.sendResponseHeaders(status, body.length);
                    exchange.getResponseBody().write(body);
                }
            });
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        @Override
        public String health() {
            return url() + "/health";
        }

        @Override
        public long pid() {
            return ProcessHandle.current().pid();
        }

        @Override
        public void begin() {
            server.start();
        }

        @Override
        public boolean isAlive() {
            return stops.get() == 0;
        }

        @Override
        public void stop(Duration patience) {
            stops.incrementAndGet();
            server.stop(0);
        }
    }

    @Test
    void boundsAreChecked() {
        assertThatThrownBy(() -> new Scaling(0, Duration.ofSeconds(1)))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--max-pods: 0");
        assertThatThrownBy(() -> new Scaling(2, Duration.ZERO)).hasMessageContaining("--cold-start");
        Scaling two = new Scaling(2, Duration.ofSeconds(1));
        assertThatThrownBy(() -> new TrialPlan(new SuitePorts(8080), 3, 0, 0, "m", null, false, false, two))
                .hasMessageContaining("--max-pods: 2 (expected: at least --pods, 3)");
        assertThatThrownBy(() -> new TrialPlan(new SuitePorts(8080), 2, 1, 1, "m", null, false, false, two))
                .hasMessageContaining("--with-autoscaler: not with");
    }
}
