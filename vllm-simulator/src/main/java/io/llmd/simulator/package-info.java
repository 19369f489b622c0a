/** A model server that answers like vLLM, without a GPU: entry points. */
@NullMarked
package io.llmd.simulator;

import org.jspecify.annotations.NullMarked;
