/** Routers of virtual time: the policies of a published experiment, from random to precise. */
@NullMarked
package io.llmd.simulator.routing;

import org.jspecify.annotations.NullMarked;
