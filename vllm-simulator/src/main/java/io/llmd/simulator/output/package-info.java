/** What an answer will be, decided before it is computed: limits, tokens, text, and how far each choice got. */
@NullMarked
package io.llmd.simulator.output;

import org.jspecify.annotations.NullMarked;
