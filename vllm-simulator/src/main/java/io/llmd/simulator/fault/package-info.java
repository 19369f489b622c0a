/** What an endpoint does wrong on purpose, with which requests, and how that is changed at run time. */
@NullMarked
package io.llmd.simulator.fault;

import org.jspecify.annotations.NullMarked;
