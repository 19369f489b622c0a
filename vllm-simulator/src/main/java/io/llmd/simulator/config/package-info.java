/** Settings of a simulated endpoint and the option names that set them. */
@NullMarked
package io.llmd.simulator.config;

import org.jspecify.annotations.NullMarked;
