/** Texts that obey a JSON schema, a pattern or a list of choices, and calls of tools. */
@NullMarked
package io.llmd.simulator.structured;

import org.jspecify.annotations.NullMarked;
