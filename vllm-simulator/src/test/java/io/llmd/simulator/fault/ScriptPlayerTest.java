package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;

class ScriptPlayerTest {
    private static final long SECOND = 1_000_000_000L;

    private final FaultSwitch faults = new FaultSwitch(0, 0);
    private final List<Planned> planned = new ArrayList<>();
    private final List<String> heard = new ArrayList<>();
    private long now = 17;
    private final ScriptPlayer player = new ScriptPlayer(faults, this::plan, () -> now);

    private record Planned(long at, Runnable action) {}

    @Test
    void changesComeAtTheirTimesAndEndAtTheirs() {
        hear();
        play("[{'at':'10s','for':'5s','set':{'slow_factor':2,'dead':true}},{'at':'12s','set':{'withheld_share':0.5}}]");
        moveTo(60);
        assertThat(heard)
                .containsExactly("0s 1.0 false 0.0", "10s 2.0 true 0.0", "12s 2.0 true 0.5", "15s 1.0 false 0.5");
    }

    @Test
    void endComesBeforeABeginAtTheSameTime() {
        hear();
        play("[{'at':'3s','for':'1s','set':{'slow_factor':4}},{'at':'1s','for':'2s','set':{'slow_factor':2}}]");
        moveTo(60);
        assertThat(heard)
                .containsExactly(
                        "0s 1.0 false 0.0",
                        "1s 2.0 false 0.0",
                        "3s 1.0 false 0.0",
                        "3s 4.0 false 0.0",
                        "4s 1.0 false 0.0");
    }

    @Test
    void lateTimerShiftsNothingThatFollows() {
        play("[{'at':'1s','set':{'dead':true}},{'at':'5s','set':{'slow_factor':2}}]");
        now += 3 * SECOND;
        planned.removeFirst().action().run();
        assertThat(planned).hasSize(1);
        assertThat(planned.getFirst().at()).isEqualTo(17 + 5 * SECOND);
    }

    @Test
    void nextScriptSwitchesOffWhatTheFormerSetForATime() {
        play("[{'at':'1s','for':'9s','set':{'dead':true}},{'at':'1s','set':{'slow_factor':2}},"
                + "{'at':'2s','set':{'withheld_share':1}}]");
        moveTo(1);
        play("[]");
        moveTo(60);
        assertThat(faults.get()).isEqualTo(Faults.NONE.withSlowFactor(2));
        assertThat(written()).isEqualTo("[]");
    }

    @Test
    void entriesAreListedWithTheirState() {
        play("[{'at':'1s','for':'500ms','set':{'dead':true}},{'at':'2s','for':'2s','set':{'delay':'5ms'}},"
                + "{'at':'1m','set':{'slow_factor':2}}]");
        moveTo(3);
        assertThat(written())
                .isEqualTo("[{\"at\":\"1s\",\"for\":\"500ms\",\"set\":{\"dead\":true},\"state\":\"over\"},"
                        + "{\"at\":\"2s\",\"for\":\"2s\",\"set\":{\"delay\":\"5ms\"},\"state\":\"active\"},"
                        + "{\"at\":\"1m\",\"set\":{\"slow_factor\":2},\"state\":\"waiting\"}]");
    }

    private void hear() {
        faults.listen(changed -> heard.add(
                now / SECOND + "s " + changed.slowFactor() + " " + changed.dead() + " " + changed.withheldShare()));
    }

    private void play(String script) {
        player.play(FaultScript.of(Json.read(script.replace('\'', '"'))));
    }

    private String written() {
        ArrayNode array = Json.object().putArray("script");
        player.write(array);
        return Json.string(array);
    }

    private Runnable plan(long nanos, Runnable action) {
        Planned next = new Planned(now + nanos, action);
        planned.add(next);
        return () -> planned.remove(next);
    }

    private void moveTo(long seconds) {
        long until = 17 + seconds * SECOND;
        planned.sort(Comparator.comparingLong(Planned::at));
        while (!planned.isEmpty() && planned.getFirst().at() <= until) {
            Planned next = planned.removeFirst();
            now = next.at();
            next.action().run();
            planned.sort(Comparator.comparingLong(Planned::at));
        }
        now = until;
    }
}
