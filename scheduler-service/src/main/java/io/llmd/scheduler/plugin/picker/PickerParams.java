package io.llmd.scheduler.plugin.picker;

import io.llmd.scheduler.plugin.Default;

/**
 * Parameters of all pickers.
 *
 * @param maxNumOfEndpoints how many endpoints to pick, the others being fallbacks; 1 when not positive
 */
record PickerParams(@Default("1") int maxNumOfEndpoints) {
    PickerParams {
        maxNumOfEndpoints = Math.max(1, maxNumOfEndpoints);
    }
}
