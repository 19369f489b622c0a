/** The tokeniser, chat rendering and the seeded generator of output text. */
@NullMarked
package io.llmd.simulator.token;

import org.jspecify.annotations.NullMarked;
