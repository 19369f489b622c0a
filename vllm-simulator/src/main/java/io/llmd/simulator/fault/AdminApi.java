package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET} and {@code POST /admin/config}: the faults. A post changes the fields it names; null switches one off. */
public final class AdminApi {
    private final FaultSwitch faults;

    public AdminApi(FaultSwitch faults) {
        this.faults = faults;
    }

    public Reply read(Call call) {
        return Reply.Content.json(FaultFields.write(faults.get()));
    }

    public Reply change(Call call) {
        ObjectNode change = call.fields().body();
        try {
            return Reply.Content.json(FaultFields.write(faults.set(old -> FaultFields.change(old, change))));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()), null);
        }
    }
}
