/** The Messages API in Anthropic's shape, on top of chat. */
@NullMarked
package io.llmd.simulator.anthropic;

import org.jspecify.annotations.NullMarked;
