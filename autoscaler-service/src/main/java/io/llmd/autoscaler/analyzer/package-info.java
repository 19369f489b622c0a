/** Signals from measurements: capacity, load, tails, demand, forecasts, cold starts. None decides anything. */
@NullMarked
package io.llmd.autoscaler.analyzer;

import org.jspecify.annotations.NullMarked;
