/** What an endpoint does wrong on purpose, and how that is changed at run time. */
@NullMarked
package io.llmd.simulator.fault;

import org.jspecify.annotations.NullMarked;
