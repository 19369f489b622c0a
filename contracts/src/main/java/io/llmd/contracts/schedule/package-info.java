/** The conversation between gateway and scheduler: a request to place, its decision, and what became of it. */
@NullMarked
package io.llmd.contracts.schedule;

import org.jspecify.annotations.NullMarked;
