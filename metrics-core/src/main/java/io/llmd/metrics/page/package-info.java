/** Metrics pages in the text format of Prometheus, read as they arrive. */
@NullMarked
package io.llmd.metrics.page;

import org.jspecify.annotations.NullMarked;
