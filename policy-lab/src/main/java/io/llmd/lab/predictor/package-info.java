/** How well latencies are predicted: by the model that serves, and by boosted trees as llm-d's servers grow them. */
@NullMarked
package io.llmd.lab.predictor;

import org.jspecify.annotations.NullMarked;
