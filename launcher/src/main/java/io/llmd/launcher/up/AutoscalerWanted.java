package io.llmd.launcher.up;

import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.CommandFailure;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What the autoscaler of a trial wants of its only variant. */
final class AutoscalerWanted implements Wanted {

    private final ServiceApi api;

    AutoscalerWanted(ServiceApi api) {
        this.api = api;
    }

    @Override
    public Optional<Decision> last() throws InterruptedException {
        try {
            for (JsonNode model : api.get("/api/v1/models").path("models")) {
                for (JsonNode variant : model.path("variants")) {
                    return Optional.of(new Decision(
                            variant.path("desired").asInt(),
                            model.path("costPerHour").asDouble(),
                            attainment(model),
                            variant.path("whyNotLess").asString(""),
                            variant.path("whyNotMore").asString("")));
                }
            }
        } catch (CommandFailure notThere) {
            // It has not decided yet, or does not answer: then nothing changes.
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static double attainment(JsonNode model) {
        double least = Double.NaN;
        for (JsonNode each : model.path("classes")) {
            JsonNode share = each.path("attainment");
            if (share.isNumber()) {
                least = Double.isNaN(least) ? share.doubleValue() : Math.min(least, share.doubleValue());
            }
        }
        return least;
    }
}
