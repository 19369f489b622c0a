package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuMeterTest {

    private static final String STAT =
            "4711 (nginx: worker) S 4710 4710 4710 0 -1 4194368 1 2 3 4 123 45 6 7 20 0 1 0 99 1 1 18446744073709551615";

    @Test
    void processTimeIsUserPlusSystem() {
        assertThat(CpuMeter.parseProcessTicks(STAT)).isEqualTo(168);
    }

    @Test
    void commandNamesWithSpacesAndParenthesesDoNotShiftTheFields() {
        assertThat(CpuMeter.parseProcessTicks(STAT.replace("nginx: worker", "a) R 1 (b c")))
                .isEqualTo(168);
    }

    @Test
    void anythingElseThanAStatLineIsRefused() {
        assertThatThrownBy(() -> CpuMeter.parseProcessTicks("4711 (cut"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: /proc/PID/stat");
    }

    @Test
    void machineTimeLeavesOutIdleWaitingAndGuests() {
        // user nice system idle iowait irq softirq steal guest guest_nice
        assertThat(CpuMeter.parseMachineTicks("cpu  100 20 30 9000 800 4 5 6 70 7"))
                .isEqualTo(165);
    }

    @Test
    void machineTimeNeedsTheSummaryLine() {
        assertThatThrownBy(() -> CpuMeter.parseMachineTicks("cpu0 1 2 3 4 5 6 7 8 9 10"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lengthOfATickComesFromTheAuxiliaryVector() {
        ByteBuffer vector = ByteBuffer.allocate(48).order(ByteOrder.nativeOrder());
        vector.putLong(6).putLong(4096).putLong(17).putLong(250).putLong(0).putLong(0);
        assertThat(CpuMeter.ticksPerSecond(vector.array())).isEqualTo(250);
        assertThat(CpuMeter.ticksPerSecond(new byte[0])).isEqualTo(100);
    }

    @Test
    void ticksBecomeNanosecondsAndAnEndedProcessCountsNothing(@TempDir Path proc) throws IOException {
        Files.createDirectory(proc.resolve("4711"));
        Files.writeString(proc.resolve("4711/stat"), STAT);
        Files.writeString(proc.resolve("stat"), "cpu  100 20 30 9000 800 4 5 6 70 7\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
        CpuMeter meter = CpuMeter.of(proc, 100);
        assertThat(meter.processNanos(4711)).isEqualTo(1_680_000_000L);
        assertThat(meter.processNanos(4712)).isZero();
        assertThat(meter.machineNanos()).isEqualTo(1_650_000_000L);
    }

    @Test
    void foreignShareIsWhatNeitherContenderNorBenchUsed() {
        Clocks start = new Clocks(0, 0, 0, 0);
        Clocks end = new Clocks(1_000, 300, 400, 1_100);
        assertThat(Clocks.foreignShare(start, end, 2)).isEqualTo(0.2);
        assertThat(Clocks.foreignShare(start, new Clocks(1_000, 300, 400, 600), 2))
                .isZero();
    }
}
