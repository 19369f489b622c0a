package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET} and {@code POST /admin/config}: the faults. A post changes the fields it names; null switches one off.
 * {@code POST /admin/script} begins a script.
 */
public final class AdminApi {
    private final FaultSwitch faults;
    private final ScriptPlayer player;

    public AdminApi(FaultSwitch faults, ScriptPlayer player) {
        this.faults = faults;
        this.player = player;
    }

    public Reply read(Call call) {
        return Reply.Content.json(state());
    }

    public Reply change(Call call) {
        ObjectNode change = call.fields().body();
        checked(() -> faults.set(old -> FaultFields.change(old, change)));
        return Reply.Content.json(state());
    }

    public Reply play(Call call) {
        FaultScript script = checked(() -> FaultScript.of(Json.parse(call.body())));
        checked(() -> {
            player.play(script);
            return script;
        });
        return Reply.Content.json(state());
    }

    private ObjectNode state() {
        ObjectNode state = FaultFields.write(faults.get());
        player.write(state.putArray("script"));
        return state;
    }

    private static <T> T checked(Supplier<T> read) {
        try {
            return read.get();
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()), null);
        }
    }
}
