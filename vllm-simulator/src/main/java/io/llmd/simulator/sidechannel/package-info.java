/** The side channel between engines: lines of JSON over TCP. */
@NullMarked
package io.llmd.simulator.sidechannel;

import org.jspecify.annotations.NullMarked;
