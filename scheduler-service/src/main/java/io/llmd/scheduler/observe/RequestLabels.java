package io.llmd.scheduler.observe;

import io.micrometer.core.instrument.Tags;

/**
 * Labels of meters of requests.
 *
 * @param model the client's model name
 * @param targetModel model name after rewriting
 * @param fairnessId flow
 * @param priority priority
 */
record RequestLabels(String model, String targetModel, String fairnessId, int priority) {

    Tags tags() {
        return Tags.of(
                "model_name", model,
                "target_model_name", targetModel,
                "fairness_id", fairnessId,
                "priority", String.valueOf(priority));
    }
}
